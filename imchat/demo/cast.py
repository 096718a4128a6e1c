"""Who plays: the team, the customers, and what each customer comes for."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from imchat import tokens
from imchat.demo.dialogues import Dialogue, Language, all_dialogues
from imchat.ids import DEFAULT_DESK, Desk, Uid

SALES = Desk("sales")
REGULARS = 0.08
"""Of the customers, how many have been here before."""
REMEMBERED = 40

_TEAM = (
    "Ada Novak", "Ben Okafor", "Chloe Martin", "Lin Yue", "Omar Haddad", "Priya Nair",
    "Sofia Rossi", "Tom Becker", "Wei Zhang", "Yuki Tanaka", "Elena Petrova", "Diego Alvarez",
    "Grace Kim", "Hugo Laurent", "Ines Costa", "Jonas Berg", "Kofi Mensah", "Lena Fischer",
    "Mia Johansson", "Noah Cohen", "Olga Ivanova", "Pavel Dvorak", "Rosa Jimenez", "Sam Taylor",
)  # fmt: skip
_ENGLISH = (
    "Emma Clark", "Jack Wilson", "Olivia Brown", "Liam Murphy", "Ava Patel", "Lucas Meyer",
    "Isla Campbell", "Ethan Wright", "Zoe Papadakis", "Oscar Lindgren", "Ruby Hughes",
    "Leo Bianchi", "Amira Khan", "Finn O'Brien", "Nora Schmidt", "Max Turner", "Hannah Levi",
    "Theo Dubois", "Maya Singh", "Daniel Osei", "Clara Svensson", "Ryan Cooper", "Julia Nowak",
    "Victor Santos",
)  # fmt: skip
_CHINESE = (
    ("王芳", "女士", "wangfang"), ("李强", "先生", "liqiang"), ("张敏", "女士", "zhangmin"),
    ("刘洋", "先生", "liuyang"), ("陈静", "女士", "chenjing"), ("杨帆", "先生", "yangfan"),
    ("赵磊", "先生", "zhaolei"), ("黄丽", "女士", "huangli"), ("周杰", "先生", "zhoujie"),
    ("吴婷", "女士", "wuting"), ("徐浩", "先生", "xuhao"), ("孙悦", "女士", "sunyue"),
    ("马超", "先生", "machao"), ("朱琳", "女士", "zhulin"), ("胡军", "先生", "hujun"),
    ("郭雪", "女士", "guoxue"),
)  # fmt: skip
_ABROAD = (
    "Kevin Liu", "Vivian Chen", "Jason Wu", "Cindy Zhao", "Eric Lin", "Michelle Tang",
    "Alan Xu", "Grace Huang",
)  # fmt: skip

_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "english": {
        "product": (
            "kettle", "desk lamp", "keyboard", "coffee grinder", "tablet", "speaker", "monitor",
        ),
        "city": ("Leeds", "Cardiff", "Dublin", "Utrecht", "Boston", "Porto", "Glasgow"),
        "street": ("14 Mill Lane", "3 Harbour Street", "208 Oak Avenue", "57b Station Road"),
        "day": ("Monday", "Tuesday", "Thursday", "Friday", "Saturday"),
        "date": ("12 May", "3 June", "27 June", "8 September", "30 November"),
        "amount": ("€39.90", "€12.50", "€64.00", "€118.75", "€7.99", "€24.30"),
    },
    "chinese": {
        "product": ("台灯", "电水壶", "机械键盘", "蓝牙音箱", "空气炸锅", "吹风机"),
        "city": ("上海", "杭州", "成都", "广州", "武汉", "西安", "苏州"),
        "street": ("中山路88号", "人民南路12号", "学院路5号", "解放大道301号"),
        "day": ("周一", "周三", "周四", "周五", "周六"),
        "date": ("5月12日", "6月3日", "9月8日", "10月15日", "11月30日"),
        "amount": ("99", "128", "199", "268", "68"),
    },
}  # fmt: skip
_WORDS["mixed"] = _WORDS["english"] | {"city": ("Toronto", "Sydney", "Singapore", "Vancouver")}
_CODES = ("SPRING20", "HELLO10", "WELCOME5", "TEAM15")


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as others see it, and how a Chinese agent addresses it."""

    uid: Uid
    name: str
    language: Language
    title: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one customer comes for: the dialogue, filled in."""

    person: Person
    dialogue: Dialogue

    @property
    def topic(self) -> str:
        """The customer's first line."""
        return self.dialogue.lines[0].text


def team(size: int) -> list[tokens.Identity]:
    """The agents; four of five work at both desks, so that a slot is seldom free for one alone."""
    return [
        tokens.identity(
            uid,
            "agent",
            name=name,
            desks=[DEFAULT_DESK, SALES] if number % 5 < 4 else [DEFAULT_DESK],
        )
        for number, (uid, name) in zip(range(size), _team_names(), strict=False)
    ]


def _team_names() -> Iterator[tuple[str, str]]:
    firsts, lasts = zip(*(name.split() for name in _TEAM), strict=True)
    for shift in count():
        for number, first in enumerate(firsts):
            last = lasts[(number + shift) % len(lasts)]
            uid = first if not shift else f"{first}.{last}"
            yield uid.lower(), f"{first} {last}"


class Casting:
    """Deals each new customer a dialogue: all of them in turn, the languages well mixed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count(1)
        self._deck: list[Dialogue] = []
        self._regulars: deque[Person] = deque(maxlen=REMEMBERED)

    def next_part(self) -> Part:
        """A new customer, or one of those who were here before."""
        if not self._deck:
            self._deck = self._shuffled()
        dialogue = self._deck.pop()
        person = self._regular(dialogue.language) or self._stranger(dialogue.language)
        return Part(person, dialogue.filled(self._words(person), self._random))

    def farewell(self, person: Person) -> None:
        """Someone who is gone may come again."""
        self._regulars.append(person)

    def _shuffled(self) -> list[Dialogue]:
        # Each language is spread over the whole deck, so that a short show has them all.
        dialogues = list(all_dialogues())
        self._random.shuffle(dialogues)
        of = {d.language: [o for o in dialogues if o.language == d.language] for d in dialogues}
        place = {
            id(dialogue): (number + self._random.random()) / len(group)
            for group in of.values()
            for number, dialogue in enumerate(group)
        }
        return sorted(dialogues, key=lambda dialogue: place[id(dialogue)])

    def _regular(self, language: Language) -> Person | None:
        known = [person for person in self._regulars if person.language == language]
        if not known or self._random.random() > REGULARS:
            return None
        person = self._random.choice(known)
        self._regulars.remove(person)
        return person

    def _stranger(self, language: Language) -> Person:
        number = next(self._numbers)
        if language == "chinese":
            name, title, spelt = self._random.choice(_CHINESE)
            return Person(Uid(f"{spelt}-{number}"), name, language, title)
        name = self._random.choice(_ENGLISH if language == "english" else _ABROAD)
        return Person(Uid(f"{name.split()[0].lower()}-{number}"), name, language)

    def _words(self, person: Person) -> dict[str, str]:
        random = self._random
        words = {word: random.choice(some) for word, some in _WORDS[person.language].items()}
        first_name = person.name.split()[0]
        return words | {
            "name": first_name,
            "surname": person.name[0],
            "title": person.title,
            "email": f"{person.uid.partition('-')[0]}{random.randint(2, 99)}@example.com",
            "order": str(random.randint(20_000, 99_999)),
            "tracking": f"PX{random.randint(10**8, 10**9 - 1)}",
            "code": random.choice(_CODES),
            "n": str(random.randint(2, 6)),
        }
