"""Which facts of an act, or of a date of the profile, are kept."""

from collections.abc import Sequence

from loyalty.domain.orders import ACTED, Fact

# Of one act, such as the visits of a day.
KEPT_MAX = 20
# Of these, if each names another channel or branch.
PLACES_MAX = 100
# Of one date of the profile: how often it may change until later changes are not kept.
CHANGES_MAX = 200


def is_kept(facts: Sequence[Fact], fact: Fact) -> bool:
    """Whether a fact of an act is kept beside those that are known: the earliest is the one that counts.

    Some later ones are kept as well, because another id of the person may have been paid for them; so is the first on
    each channel and in each branch. Of the statements of a date those are kept that change it.
    """
    if fact.amount:
        stated = [one for one in facts if one.kind == ACTED]
        before = [one for one in stated if one < fact]
        return len(stated) < CHANGES_MAX and (not before or before[-1].amount != fact.amount)
    known = [one for one in facts if one.kind == ACTED]
    if len(known) < KEPT_MAX or fact.at < known[0].at:
        return True
    return len(known) < PLACES_MAX and fact.lines is not None and fact.lines not in {one.lines for one in known}
