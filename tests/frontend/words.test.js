import assert from "node:assert/strict";
import { test } from "node:test";
import { shortNames } from "../../custom_components/energy_site/frontend/strategy/cards.js";
import { fill, LANGUAGES, wordsOf } from "../../custom_components/energy_site/frontend/strategy/words.js";

const ENGLISH = wordsOf("en");
const placeholders = (text) => (text.match(/\{\w+\}/g) ?? []).toSorted();

test("the languages are those of the integration", () => {
  assert.deepEqual(LANGUAGES.toSorted(), ["de", "en", "es", "fr", "it", "nl"]);
});

for (const language of LANGUAGES) {
  test(`${language} has every word with its placeholders and nothing else`, () => {
    const words = wordsOf(language);
    assert.deepEqual(Object.keys(words).toSorted(), Object.keys(ENGLISH).toSorted());
    for (const [key, text] of Object.entries(words)) {
      assert.ok(text.trim() === text && text, key);
      assert.deepEqual(placeholders(text), placeholders(ENGLISH[key]), key);
      assert.doesNotMatch(text, /<|https?:/, key);
    }
  });
}

test("no language leaves a sentence in English", () => {
  for (const language of LANGUAGES.filter((each) => each !== "en")) {
    const words = wordsOf(language);
    const same = Object.keys(words).filter((key) => words[key] === ENGLISH[key]);
    assert.deepEqual(
      same.filter((key) => key !== "phases"),
      [],
      language,
    );
  }
});

test("a language's regions speak it, and English is for everybody else", () => {
  assert.equal(wordsOf("de-CH"), wordsOf("de"));
  assert.equal(wordsOf("es-419"), wordsOf("es"));
  assert.equal(wordsOf("pt-BR"), ENGLISH);
  assert.equal(wordsOf(""), ENGLISH);
  assert.equal(wordsOf(undefined), ENGLISH);
});

test("placeholders are filled", () => {
  assert.equal(fill("a {one} and {two}", { one: "1", two: "$&" }), "a 1 and $&");
});

test("names are shortened by what they share, but not beyond recognition", () => {
  assert.deepEqual(shortNames(["Inverter 482295680001", "Inverter 482295680025"]), ["80001", "80025"]);
  assert.deepEqual(shortNames(["Roof east 1", "Garage"]), ["Roof east 1", "Garage"]);
  assert.deepEqual(shortNames(["Inverter A", "Inverter Garage"]), ["ter A", "ter Garage"]);
  assert.deepEqual(shortNames(["Inverter 482295680001"]), ["Inverter 482295680001"]);
});
