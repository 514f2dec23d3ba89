"""Find what is wrong in a language's texts, in the words of the file's own paths.

Home Assistant shows English where a text is missing, the bare placeholder where its name is wrong, and drops a text
whose placeholders differ from the English ones, each with no more than a line in the log.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
import re
from string import Formatter
from typing import Any

# Texts of this many words are a sentence, which no other language has in common with English.
_SENTENCE = 5

_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_CODE = re.compile(r"`[^`]+`")
_LINK = re.compile(r"\]\([^)]*\)")
_STATE = re.compile(r"entity\..+\.(state(\..+)?|unit_of_measurement)")
_KEY = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


def leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Return each text of a file with its path."""
    for key, value in node.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from leaves(value, here)
        else:
            yield here, value


def placeholders(text: str) -> set[str]:
    """Return the names of a text's placeholders; raises a ValueError if a brace is left open."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def text_problems(path: str, text: Any) -> list[str]:
    """Return which of hassfest's and the frontend's rules a text breaks."""
    if not isinstance(text, str):
        return [f"{path} is no text"]
    rules = {
        "has a key that hassfest refuses": not all(_KEY.fullmatch(key) for key in path.split(".")),
        "is empty": not text.strip(),
        "begins or ends with a space": text != text.strip(),
        "has two spaces in a row": "  " in text,
        "contains HTML": re.search(r"<[a-zA-Z/!]", text),
        "contains an address, which belongs in a placeholder": re.search(r"(https?|ftp|mqtts?)://|www\.", text),
        "contains a reference, which only Home Assistant's own build resolves": "[%key:" in text,
        # An apostrophe in front of a brace quotes what follows: the frontend shows the placeholder's bare name.
        "has an apostrophe in front of a placeholder": re.search(r"'[{}]", text),
        "has an odd number of bold marks": text.count("**") % 2,
        "has an odd number of code marks": text.count("`") % 2,
    }
    found = [f"{path} {problem}" for problem, broken in rules.items() if broken]
    try:
        names = placeholders(text)
    except ValueError as err:
        return [*found, f"{path} has a broken placeholder: {err}"]
    if not all(name.isidentifier() for name in names):
        found.append(f"{path} has a placeholder that is no name: {sorted(names)}")
    if any(spec or conversion for _, _, spec, conversion in Formatter().parse(text)):
        found.append(f"{path} has a placeholder with a format, which the frontend doesn't know")
    if names and _STATE.fullmatch(path):
        found.append(f"{path} has a placeholder, and a state has none")
    return found


def language_problems(english: Mapping[str, Any], language: Mapping[str, Any]) -> list[str]:
    """Return how a language's texts differ from English in anything but their words."""
    texts, originals = dict(leaves(language)), dict(leaves(english))
    found = [f"{path} is missing" for path in originals if path not in texts]
    found += [f"{path} isn't in English" for path in texts if path not in originals]
    shared = [path for path in originals if path in texts]
    if [path for path in texts if path in originals] != shared:
        found.append("the texts aren't in the order of the English ones")
    labels = defaultdict(set)
    for path in shared:
        labels[originals[path]].add(texts[path])
    for path in shared:
        # What is no text, or has a broken placeholder, can't be compared.
        if broken := text_problems(path, texts[path]):
            found += broken
        else:
            found += _differences(path, originals[path], texts[path], labels)
    found += _same_names(texts, originals)
    return found


def _differences(path: str, original: str, text: str, labels: Mapping[str, set[str]]) -> Iterator[str]:
    if (names := placeholders(text)) != (wanted := placeholders(original)):
        yield f"{path} has the placeholders {sorted(names)} instead of {sorted(wanted)}"
    for kind, pattern in (("code", _CODE), ("links", _LINK)):
        if sorted(pattern.findall(text)) != sorted(pattern.findall(original)):
            yield f"{path} differs in its {kind}: {pattern.findall(text)}"
    if text.count("\n") != original.count("\n") or text.count("\n- ") != original.count("\n- "):
        yield f"{path} has other paragraphs or lists"
    if text == original and len(text.split()) >= _SENTENCE:
        yield f"{path} isn't translated"
    bold, wanted_bold = _BOLD.findall(text), _BOLD.findall(original)
    if len(bold) != len(wanted_bold):
        yield f"{path} has {len(bold)} bold texts instead of {len(wanted_bold)}"
    # What a text calls a field, a button or an entity is what the user reads on it.
    for label in wanted_bold:
        if label in labels and labels[label].isdisjoint(bold):
            yield f"{path} names {label!r} other than the file itself: {sorted(labels[label])}"


def _same_names(texts: Mapping[str, str], originals: Mapping[str, str]) -> Iterator[str]:
    """Entities of a platform, states of an entity and options of a choice are told apart by their names."""
    siblings: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in originals:
        group, _, key = path.rpartition(".")
        if re.fullmatch(r"(entity\.\w+|services|device|triggers|conditions)\.\w+", group) and key == "name":
            siblings[group.rpartition(".")[0], texts.get(path, "")].append(path)
        elif group.endswith((".state", ".options", ".menu_options")):
            siblings[group, texts.get(path, "")].append(path)
    for (_, name), paths in siblings.items():
        if name and len({originals[path] for path in paths}) > 1:
            yield f"{' and '.join(paths)} have the same name: {name}"
