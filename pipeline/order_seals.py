"""The book of seals, `decisions/orders/seals.txt`: a line per signed order, so that no whole folder can go unnoticed.

A folder's own seal finds what has changed inside it; that a folder is gone, or was sealed anew, only this book tells.
An order signed by a command that was killed at that moment is entered by the next signature.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store import write_whole

BOOK = "decisions/orders/seals.txt"
LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
HEADER = (
    "# Печати подписанных приказов. Файл ведёт программа: по нему видно, что папка приказа пропала или подменена.\n"
)


def refuse_lost_orders(root: Path, seals: Mapping[str, str]) -> None:
    """Refuse an archive in which a signed order is gone, or bears another seal than on the day of its signature.

    Args:
        root: the region's folder (DIR).
        seals: order -> its seal, of every signed order there is.

    Raises:
        StoreError: an order is gone or was sealed anew, or the book cannot be read; the message names the order.
    """
    for order_id, seal in _entered(root).items():
        if seals.get(order_id) == seal:
            continue
        what = "подменён: его печать не та, что при подписании" if order_id in seals else "пропал"
        raise StoreError(
            f"Подписанный приказ {order_id} {what}",
            where=f"decisions/orders/{order_id}",
            remedy="верните папку приказа из резервной копии; если подписание записали по ошибке и приказа на самом "
            f"деле нет, уберите и папку, и его строку в {BOOK}",
        )


def enter_seals(root: Path, seals: Mapping[str, str]) -> None:
    """Write the book of seals: every signed order there is, in one step.

    Args:
        root: the region's folder (DIR).
        seals: order -> its seal.
    """
    lines = [f"{seal}  {order_id}\n" for order_id, seal in sorted(seals.items())]
    write_whole(root, BOOK, (HEADER + "".join(lines)).encode("utf-8"))


def _entered(root: Path) -> dict[str, str]:
    """Order -> seal, as the book says; empty where nothing was signed yet."""
    path = root / BOOK
    if not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise StoreError("Книга печатей не читается", where=BOOK, remedy="верните файл из резервной копии") from error
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = LINE.fullmatch(line.strip())
        if parts is None:
            raise StoreError(
                "Строка книги печатей испорчена",
                where=f"{BOOK}, строка {number}",
                remedy="верните файл из резервной копии",
            )
        found[parts[2]] = parts[1]
    return found
