"""What the service offers and when each part starts by itself: plain data, without Prefect.

`flows.service` makes Prefect's deployments from it; `prefect.yaml` repeats it for installations that have a Prefect of
their own, and a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

FOLDER_VARIABLE = "SHNRO_DATA"  # names the region's folder to whoever carries out a run


@dataclass(frozen=True)
class Start:
    """A time of the year at which a flow starts by itself, in the time zone of the region.

    Args:
        slug: name of the schedule.
        cron: minute, hour, day, month, any weekday.
        parameters: what the run is asked besides; its year is that of the day for which it was planned.
    """

    slug: str
    cron: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Served:
    """One flow that people and the calendar can start.

    Args:
        flow: its name, one of `stages.FLOWS`, and of its function in `flows.served`.
        title: Russian name of the deployment.
        description: what it does, Russian, shown above the form of its parameters.
        starts: when it starts by itself; empty: only on demand.
    """

    flow: str
    title: str
    description: str
    starts: tuple[Start, ...] = ()

    @property
    def entrypoint(self) -> str:
        """The function as a module path: it is found wherever the package is installed."""
        return f"flows.served.{self.flow}"


SERVED = (
    Served(
        "monitoring",
        "Мониторинг",
        "Читает и проверяет полученные файлы, публикует результаты и сводки за год.",
    ),
    Served(
        "identification",
        "Выявление школ",
        "Составляет перечень с обоснованием и проект приказа. Подписанный перечень не меняется: показываются отличия.",
        (Start("september", "0 6 1 9 *"),),
    ),
    Served("causes", "Причины", "Сводит анкеты и факты о школах перечня в реестр причин."),
    Served("orders", "Приказы", "Публикует заново приказы, перечни и возражения: их состояния зависят и от дня."),
    Served(
        "support",
        "Поддержка школ",
        "Сводит план и факт дорожной карты и готовит напоминания тем, кто не прислал форму.",
        (
            Start("june", "0 6 1 6 *", {"period": "июнь"}),
            Start("november", "0 6 1 11 *", {"period": "ноябрь"}),
        ),
    ),
    Served("site", "Веб-отчёт", "Собирает опубликованное за год в страницы, которые открываются без сети."),
)
