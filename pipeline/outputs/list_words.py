"""Sentences about a list: what it is, how sure it is, what changed, what is due; the same for every paper of it."""

from collections.abc import Iterator, Sequence

from pipeline.outputs.list_facts import ListFacts
from pipeline.russian import number, out_of, percent, plural

RELATIONS = ("both", "ours_only", "theirs_only")


def schools(count: int) -> str:
    """«1 школа», «2 школы», «5 школ»."""
    return plural(count, "школа", "школы", "школ")


def certainty(facts: ListFacts) -> Iterator[str]:
    """How far the list can be trusted."""
    listed = facts.listed
    firm = sum(bool(row["is_firm"]) for row in listed)
    yield (
        f"Твёрдых решений — {firm} из {number(len(listed))}: в таких школах вероятность T, число лет с низкими "
        "результатами и привычное правило говорят об одном."
    )
    unconfirmed, known = facts.unconfirmed
    if known:
        yield (
            f"Ожидаемое число мест перечня, которые более полные данные не подтвердили бы, — "
            f"{number(round(unconfirmed, 1))} из {known} (сумма 1 − T по школам перечня). Какие это школы, сказать "
            "нельзя, поэтому первый шаг помощи — обследование причин в самой школе."
        )
    thin = sum(row["reliability_word"].startswith("слабая") for row in listed)
    if thin:
        yield f"У {out_of(thin, 'школы', 'школ')} перечня данных мало: их показатели читают осторожно."


def dependence(facts: ListFacts) -> Iterator[str]:
    """What the list depends on."""
    tried = [row for row in facts.tried if row["is_tried"] and row["group_code"] != "rule"]
    if not tried or not facts.listed:
        yield "От чего зависит перечень, не проверено: в нём нет школ или решить иначе нельзя."
        return
    steady = len(facts.listed) - len(facts.dependent)
    ways = out_of(len(tried), "проверенного способа", "проверенных способов")
    yield (
        f"Из {out_of(len(facts.listed), 'школы', 'школ')} перечня {number(steady)} остаются в нём при любом из {ways} "
        "расчёта: с другими весами лет и экзаменов, другим порогом, без одного из экзаменов и так далее."
    )
    for row in facts.tried:
        if row["group_code"] == "rule" and row["is_tried"]:
            yield (
                f"По одному привычному правилу, без вероятности T, в перечне было бы {schools(row['selected_count'])}, "
                f"из нынешних — {row['kept_count']}."
            )


def changes(facts: ListFacts) -> Iterator[str]:
    """What changed against the list in force."""
    if not facts.has_earlier_list:
        yield "Действующего перечня нет: сравнивать не с чем."
        return
    entered, left, stayed = len(facts.entered), len(facts.left), len(facts.stayed)
    yield (
        f"Действующий перечень — {schools(stayed + left)}. В новом остаются {number(stayed)}, "
        f"не входят в него {number(left)}, новых школ — {number(entered)}."
    )
    waiting = [row for row in facts.left if row["status_code"] == "insufficient_data"]
    if waiting:
        yield f"Из не вошедших о {plural(len(waiting), 'школе', 'школах', 'школах')} решают эксперты: данных мало."


def on_vpr_alone(facts: ListFacts) -> str:
    """Schools on the list about whose final exams nothing is known."""
    found = facts.on_vpr_alone
    if not found:
        return "Школ, включённых только по ВПР, в перечне нет."
    return (
        f"Только по ВПР включено школ: {len(found)}. ВПР не проводят для оценки школ: до подписания посмотрите, "
        "есть ли о них другие сведения."
    )


def unjudged(facts: ListFacts) -> str:
    """Schools about which experts decide."""
    if not facts.unjudged:
        return "Школ, о которых данных недостаточно, нет."
    return (
        f"Данных недостаточно: {schools(len(facts.unjudged))}. Расчёт о них не решает, решают эксперты; "
        "недостаток данных не означает, что помощь не нужна."
    )


def doubts(facts: ListFacts) -> str:
    """Schools whose ВПР of the year are no good evidence."""
    if not facts.doubted:
        return "Школ, чьи ВПР этого года под сомнением, не найдено."
    listed = sum(row["status_code"] == "selected" for row in facts.doubted)
    among = f"из них в перечне {listed}" if listed else "в перечне таких нет"
    return (
        f"ВПР этого года под сомнением у {out_of(len(facts.doubted), 'школы', 'школ')}, {among}. "
        "Признак — повод присмотреться, а не вывод о школе; хорошие результаты таких ВПР в её пользу не засчитаны."
    )


def federal(facts: ListFacts) -> Iterator[str]:
    """How the list stands beside the federal ones."""
    if not facts.federal:
        yield "Федеральных списков не получено: сверять не с чем."
    for code in dict.fromkeys(row["list_code"] for row in facts.federal):
        rows = [row for row in facts.federal if row["list_code"] == code]
        counts = [sum(row["relation_code"] == relation for row in rows) for relation in RELATIONS]
        title, year = rows[0]["list_text"], rows[0]["federal_year"]
        ours = "в нашем перечне" if code == "low_results" else "по нашим данным"
        yield (
            f"Сверка ({title} {year} года; на отбор она не влияет): в обоих — {counts[0]}, только {ours} — "
            f"{counts[1]}, только в федеральном — {counts[2]}."
        )


def objections(facts: ListFacts) -> str:
    """Objections that wait for a decision."""
    if not facts.open_objections:
        return "Нерассмотренных возражений нет."
    found = plural(len(facts.open_objections), "возражение", "возражения", "возражений")
    return f"Не рассмотрено: {found}. Пока они не рассмотрены, приказ подписывают только с указанием причины."


def due(facts: ListFacts) -> Sequence[str]:
    """What people have to decide before the list can be signed."""
    told = []
    if facts.unjudged:
        told.append(f"Решить о школах, о которых данных недостаточно: {schools(len(facts.unjudged))}.")
    if facts.open_objections:
        count = plural(len(facts.open_objections), "возражение", "возражения", "возражений")
        told.append(f"Рассмотреть {count}.")
    if facts.at_border:
        inside = sum(row["status_code"] == "selected" for row in facts.at_border)
        told.append(
            f"Подтвердить или изменить расчёт о школах у границы, где различие статистически не установлено: "
            f"в перечне {inside}, вне его {len(facts.at_border) - inside}."
        )
    if facts.on_vpr_alone:
        told.append(f"Посмотреть школы, включённые только по ВПР: {len(facts.on_vpr_alone)}.")
    for row in facts.decided:
        if row["review_date"] is not None:
            told.append(f"Вернуться к школе {row['school']} ({row['municipality']}) до {row['review_date']:%d.%m.%Y}.")
    return told


def index_words(facts: ListFacts) -> Sequence[str]:
    """What the figures of the tables mean."""
    return (
        "T — вероятность того, что школа входит в число школ региона с самой высокой долей низких результатов за "
        f"несколько лет; таких школ столько, сколько мест в перечне ({number(facts.capacity)}).",
        "S — во сколько раз низких результатов больше, чем было бы при обычных для региона долях; 1 — норма региона. "
        f"В скобках интервал, в котором истинное значение лежит с вероятностью {percent(facts.interval_level, 0)}.",
        "R — насколько можно полагаться на показатели школы: чем меньше школа, тем меньше надёжность.",
        "Привычное правило — доля низких результатов не ниже порога в нескольких экзаменах и два года подряд. Условием "
        "отбора оно не служит и показано для сравнения.",
    )
