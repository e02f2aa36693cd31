"""Names of the made-up region: its municipalities, villages and schools. Villages and schools are invented."""

from dataclasses import dataclass

REGION_NAME = "Деморегион (ДЕМО)"
REGION_FISOKO_CODE = "reg67"

OKRUG_FROM_YEAR = 2025  # districts became municipal okrugs: names have years of validity


@dataclass(frozen=True)
class Place:
    """A municipality: its adjective (or the name of the city), how many schools it has and how many are in its town."""

    stem: str
    school_count: int
    town_count: int
    is_city: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The official names, oldest first; a city has one, a district two."""
        if self.is_city:
            return (f"город {self.stem}",)
        return (f"{self.stem} муниципальный район", f"{self.stem} муниципальный округ")

    def name_in(self, year: int) -> str:
        """The official name in a year."""
        return self.names[-1] if year >= OKRUG_FROM_YEAR else self.names[0]


PLACES = (
    Place("Велижский", 6, 2),
    Place("Вяземский", 26, 9),
    Place("Гагаринский", 18, 5),
    Place("Глинковский", 5, 1),
    Place("Демидовский", 10, 3),
    Place("Дорогобужский", 14, 5),
    Place("Духовщинский", 9, 2),
    Place("Ельнинский", 8, 3),
    Place("Ершичский", 5, 1),
    Place("Кардымовский", 8, 2),
    Place("Краснинский", 8, 2),
    Place("Монастырщинский", 9, 1),
    Place("Новодугинский", 8, 1),
    Place("Починковский", 20, 4),
    Place("Рославльский", 26, 9),
    Place("Руднянский", 13, 4),
    Place("Сафоновский", 20, 8),
    Place("Смоленский", 27, 1),
    Place("Сычевский", 8, 3),
    Place("Темкинский", 7, 1),
    Place("Угранский", 7, 1),
    Place("Хиславичский", 7, 1),
    Place("Холм-Жирковский", 8, 1),
    Place("Шумячский", 8, 1),
    Place("Ярцевский", 17, 7),
    Place("Десногорск", 4, 4, is_city=True),
    Place("Смоленск", 44, 44, is_city=True),
)

# (municipality, number of the town school there) -> kind and name; every other town school is a plain one.
SPECIAL_SCHOOLS = {
    ("Смоленск", 1): ("gymnasium", "МБОУ «Гимназия № 1»"),
    ("Смоленск", 4): ("gymnasium", "МБОУ «Гимназия № 4»"),
    ("Смоленск", 9): ("lyceum", "МБОУ «Лицей № 9»"),
    ("Смоленск", 21): ("lyceum", "МБОУ «Лицей № 21»"),
    ("Смоленск", 40): ("cadet", "ОГБОУ «Демонстрационный кадетский корпус»"),
    ("Смоленск", 41): ("evening", "МБОУ «Вечерняя (сменная) школа № 41»"),
    ("Смоленск", 42): ("evening", "МБОУ «Открытая (сменная) школа № 42»"),
    ("Смоленск", 43): ("correctional", "ОГБОУ «Специальная школа № 43»"),
    ("Смоленск", 44): ("correctional", "ОГБОУ «Специальная школа № 44»"),
    ("Вяземский", 5): ("gymnasium", "МБОУ «Гимназия № 5»"),
    ("Вяземский", 8): ("evening", "МБОУ «Вечерняя школа № 8»"),
    ("Вяземский", 9): ("correctional", "ОГБОУ «Специальная школа-интернат № 9»"),
    ("Рославльский", 3): ("lyceum", "МБОУ «Лицей № 3»"),
    ("Сафоновский", 8): ("boarding", "ОГБОУ «Школа-интернат № 8»"),
    ("Ярцевский", 7): ("boarding", "ОГБОУ «Школа-интернат № 7»"),
}

VILLAGE_PREFIXES = ("", "Верхне", "Нижне", "Старо", "Ново", "Мало", "Красно")
VILLAGE_STEMS = (
    "берёзинская", "дубровинская", "ольшанковская", "калинкинская", "рябинкинская", "журавкинская", "лебедкинская",
    "соловкинская", "лосинкинская", "ключинская", "родничковская", "поляночная", "луговинская", "борковинская",
    "озерковская", "речкинская", "заводинская", "мосткинская", "камешковская", "песчанкинская", "глинкинская",
    "яблонькинская", "вишенкинская", "сосенковская", "ельничковская", "клёновская", "ветлужковская", "туманковская",
    "росинковская", "снежковская", "ветровская", "облачковская", "грибковская", "ягодинская",
)  # fmt: skip


def village_adjectives() -> list[str]:
    """Invented adjectives of villages, all different, in a fixed order: «Верхнеберёзинская»."""
    return [(prefix + stem).capitalize() for stem in VILLAGE_STEMS for prefix in VILLAGE_PREFIXES]


def short_name(name: str) -> str:
    """The name as ФИС ОКО prints it: shortened and with other quotation marks."""
    return (
        name.replace("Средняя школа", "СШ").replace("средняя школа", "СШ").replace("основная школа", "ОШ")
        .replace("«", "„").replace("»", "“")
    )  # fmt: skip
