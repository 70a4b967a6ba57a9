"""Under an article about violence, its readers may speak of what it tells, and nobody may abuse them for it."""

import json

import pytest

from tests.behaviour import measure

# What was measured; half a point and no sentence at all are what is wanted.
LOST_AT_MOST = {"quick": 0.01, "both": 0.03}
OWN_SENTENCES_AT_MOST = {"quick": 0, "both": 1}


def which(reader):
    return "both" if "+" in reader.model else "quick"


@pytest.fixture(scope="module")
def held(reader):
    return measure.articles(reader)


@pytest.fixture(scope="module")
def abuse(shared):
    """Real comments that most raters found toxic and no model is trained on."""
    texts, toxic = measure.natural(shared)
    return [text for text, is_toxic in zip(texts, toxic, strict=True) if is_toxic]


def test_there_are_five_articles_with_enough_comments():
    assert len(measure.ARTICLES) == 5
    for article in measure.ARTICLES:
        assert 150 <= len(article["text"].split()) <= 250
        assert len(measure.sentences(article)) >= 10
        assert len(article["readers"]) >= 10
        assert len(article["abusive"]) >= 3


def test_readers_may_discuss_what_the_article_tells(reader, held, floors, print_table):
    print_table(measure.articles_table(held, reader.model))

    for shown, counts in measure.totals(held).items():
        assert counts["own sentences"] <= floors["own sentences held at most"][shown]
        assert counts["readers"] <= floors["readers held at most"][shown]
        assert counts["abusive"] >= floors["abusive held at least"][shown]


def test_hardly_a_sentence_of_the_article_is_held_under_it(reader, held):
    assert measure.totals(held)["article"]["own sentences"] <= OWN_SENTENCES_AT_MOST[which(reader)]


def test_no_abuse_gets_through_because_of_the_article(held):
    alone = measure.totals(held)["nothing"]["abusive"]

    assert measure.totals(held)["title"]["abusive"] >= alone
    assert measure.totals(held)["article"]["abusive"] >= alone


def test_the_seeds_article_may_be_quoted_under_it_in_any_part(reader, shared):
    article = json.loads((shared / "seed" / "article_and_comment.json").read_text(encoding="utf-8"))["article"]
    own = measure.sentences(article)

    assert len(own) > 15
    for shown in measure.CONTEXTS:
        assert sum(measure.held(reader, own, measure.context_of(article, shown))) == 0


def test_recall_on_real_abuse_does_not_fall_under_a_violent_article(reader, abuse):
    alone = sum(measure.held(reader, abuse)) / len(abuse)

    assert len(abuse) > 150
    for shown in ("title", "article"):
        recalls = [
            sum(measure.held(reader, abuse, measure.context_of(article, shown))) / len(abuse)
            for article in measure.ARTICLES
        ]
        assert sum(recalls) / len(recalls) >= alone - LOST_AT_MOST[which(reader)]
