"""The cases of default managers, and of instances with state of their own: their rows, and what is read of them."""

from tests.caching.contract import managers, stateful
from tests.caching.contract.cases import Case
from tests.caching.contract.forms import make_towns


def make_managed() -> None:
    """Make the rows of the models with default managers."""
    towns = make_towns()
    for model in (*managers.GIVEN.values(), *managers.REFUSED.values()):
        before = None
        for number, (town, is_gone) in enumerate(((towns[0], False), (None, False), (towns[1], True))):
            row = model(code=f"m{number}", town=town, is_gone=is_gone, next=before, shelf=number % 2)
            row.save_base(force_insert=True)
            before = row
    for number in (1, 2):
        back = managers.JoiningBack.objects.create(code=f"j{number}")
        if number == 1:
            managers.JoinedFrom.objects.create(code="j", back=back)
        based = managers.Based.objects.create(code=f"b{number}", is_gone=number == 2)
        managers.ToBased.objects.create(code=f"b{number}", based=based)
        managers.Soft.objects.create(code=f"s{number}")
    managers.Pub.objects.create(code="h1", beers=3)
    managers.House.objects.create(code="h2")


def make_stateful() -> None:
    """Make the rows of the models with state of their own."""
    towns = make_towns()
    for model in stateful.ALL:
        if model not in (stateful.Parent, stateful.ToByInit):
            for number in (1, 2):
                model.objects.create(code=f"{model.__name__[:8]}{number}", note=f"n{number}", town=towns[number - 1])
    stateful.WithImage.objects.create(code="i", image="images/a.png", width=3, height=4, paper="papers/a.txt")
    to = {"to": stateful.ByInit.objects.first(), "child": stateful.ChildByInit.objects.first()}
    stateful.ToByInit.objects.create(code="t1", **to)
    stateful.ToByInit.objects.create(code="t2", to=to["to"])


DEFERRING = ("Deferring", "OnlyCode", "OnlyNote")
MANAGED = (
    *(
        Case(model)
        for name, model in managers.GIVEN.items()
        if "Joining" not in name and name not in ("OnlyNote", "Prefetching")
    ),
    # What a manager prefetches is not kept.
    Case(managers.GIVEN["Prefetching"], left_out=frozenset({"town"}), always_left_out=True),
    # The field itself is always loaded.
    Case(managers.GIVEN["OnlyNote"], left_out=frozenset({"code", "shelf"}), always_left_out=True),
    *(Case(managers.GIVEN[name], related=("town",)) for name in ("Plain", "Present", "InTown", "Aliased", "Empty")),
    *(Case(managers.GIVEN[name], related=("town",), refused="leaves 'town' out of its rows") for name in DEFERRING),
    *(Case(managers.GIVEN[name]) for name in ("Joining", "JoiningItself", "JoiningSome")),
    Case(managers.GIVEN["Plain"], related=("next",)),
    Case(managers.GIVEN["Ordered"], order_by=(), name="Ordered by its manager"),
    Case(managers.GIVEN["Backwards"], order_by=(), name="Ordered backwards by its manager"),
    *(Case(model, refused="The default manager of") for model in managers.REFUSED.values()),
    Case(managers.Shown),
    Case(managers.JoiningBack, left_out=frozenset({"joined_from"}), always_left_out=True),
    Case(managers.Based),
    Case(managers.ToBased, related=("based",)),
    Case(managers.Soft),
    Case(managers.House),
    Case(managers.Pub, groups=("beers", "shelf")),
)
STATEFUL = (
    *(Case(model) for model in (*stateful.ALL, stateful.ProxyByInit) if model is not stateful.ByInitWithOpaque),
    Case(stateful.ByInitWithOpaque, passes=True),
    *(
        Case(model, related=("town",))
        for model in stateful.ALL
        if hasattr(model, "town") and model is not stateful.ByInitWithOpaque
    ),
    Case(stateful.ToByInit, related=("to__town", "child")),
)
