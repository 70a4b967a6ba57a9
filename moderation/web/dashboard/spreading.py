"""Hard comments do not come in a row, as far as a page has milder ones to put between them."""

from collections.abc import Sequence

from moderation.web.card.cards import Card


def spread(cards: Sequence[Card]) -> list[Card]:
    """*cards* with one milder between two hard ones, or evenly fewer; among themselves both keep their order.

    The milder ones that stand before the first hard one stay there.
    """
    lead = next((number for number, card in enumerate(cards) if card.is_hard), len(cards))
    hard = [card for card in cards if card.is_hard]
    mild = [card for card in cards[lead:] if not card.is_hard]
    gaps = len(hard) - 1
    if gaps < 1:
        return list(cards)
    between, put = min(len(mild), gaps), 0
    found = list(cards[:lead])
    for number, card in enumerate(hard):
        found.append(card)
        upto = min(between, -(-between * (number + 1) // gaps))
        found.extend(mild[put:upto])
        put = upto
    return [*found, *mild[put:]]
