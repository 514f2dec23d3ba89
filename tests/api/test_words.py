"""A service's own words in front of a person: what is said of the trouble, and nothing of whose it is."""

import pytest

from custom_components.energy_site.api.words import safe_words

from ..planting import FREE_WORDS, SECRETS


@pytest.mark.parametrize("kind", [kind for kind in SECRETS if kind not in FREE_WORDS])
@pytest.mark.parametrize("sentence", ["Check {}.", "{} is not reporting", "The gateway ({}) is off. Call us.", "{}"])
def test_what_tells_whose_it_is_is_left_out(kind: str, sentence: str) -> None:
    secret = SECRETS[kind]
    words = safe_words(sentence.format(secret))
    assert words is not None
    assert secret not in words
    assert not [part for part in secret.split() if len(part) > 6 and any(map(str.isdigit, part)) and part in words]


@pytest.mark.parametrize(
    "sentence",
    [
        "Check the gateway's connection. It was last heard of at 12:30:45 on 2026-06-15.",
        "The reserve must be between 5 and 100 %.",
        "Wait for 15 minutes; firmware 8.3.5286 is being installed.",
        "No action is required. See step 3: reset the breaker, then wait 10-15 minutes.",
    ],
)
def test_what_helps_is_kept(sentence: str) -> None:
    assert safe_words(sentence) == sentence
