"""What the terminal says of the programmes of schools."""

from pipeline.russian import plural


def forms_summary(written: int, kept: int, without_causes: int, folder: str, list_year: int) -> str:
    """What became of the forms, and what to do with them."""
    lines = [
        f"Записано: {plural(written, 'форма', 'формы', 'форм')} программ в папку forms/{list_year}/programmes, "
        "по школе в книге"
    ]
    if kept:
        lines.append(f"Оставлено как есть: {plural(kept, 'форма', 'формы', 'форм')}, в них уже есть записи")
    if without_causes:
        schools = plural(without_causes, "школы", "школ", "школ")
        lines.append(f"Формы нет у {schools}: причины по ним не установлены")
    lines += [
        f"Вернувшиеся книги кладут в raw/{list_year}/programmes/<дата получения>/, например {list_year}-10-09; имена "
        "файлов значения не имеют.",
        f"Дальше: shnro support build --data {folder} --year {list_year} --period november",
    ]
    return "\n".join(lines)
