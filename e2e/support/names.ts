// Whether names stay names: no element comes of one, and none changes the order of what stands beside it.
import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/** Asserts both. */
export async function namesAreOnlyNames(page: Page, what: string): Promise<void> {
  expect.soft(await page.evaluate(intruders), `${what}: elements that came of a name`).toEqual([]);
  expect.soft(await page.evaluate(reordered), `${what}: texts whose order a name beside them can change`).toEqual([]);
}

/** What the portal never writes and hostile names are made of. Runs in the page. */
function intruders(): string[] {
  const strange = "img, iframe, object, embed, i, script:not([src], [nonce]), title ~ title, [href^='javascript:'], [href*='evil.example']";
  const found = [...document.querySelectorAll(strange)];
  found.push(...[...document.querySelectorAll("h1")].slice(1));
  for (const element of document.querySelectorAll("*")) {
    if (element.getAttributeNames().some((name) => name.startsWith("on"))) {
      found.push(element);
    }
  }
  return found.map((element) => element.outerHTML.slice(0, 160));
}

/**
 * Texts that share a paragraph with a name that is written from right to left, or overrides directions: the bidirectional algorithm
 * would take both together. Blocks are paragraphs of their own, and so is whatever is isolated. Runs in the page.
 */
function reordered(): string[] {
  const found: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode() as Text | null; text; text = texts.nextNode() as Text | null) {
    const parent = text.parentElement;
    if (!parent?.checkVisibility() || !/[\u0590-\u08ff\u202a-\u202e\u2066-\u2069]/.test(text.data)) {
      continue;
    }
    let paragraph = parent;
    const open = () => {
      const { display, unicodeBidi } = getComputedStyle(paragraph);
      return display === "inline" && !/isolate|plaintext/.test(unicodeBidi);
    };
    while (open() && paragraph.parentElement) {
      paragraph = paragraph.parentElement;
    }
    const others = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    let alone = true;
    for (let other = others.nextNode() as Text | null; other; other = others.nextNode() as Text | null) {
      const around = other.parentElement?.closest("bdi, .for-readers");
      const block = other.parentElement && getComputedStyle(other.parentElement);
      const apart =
        other === text ||
        !other.data.trim() ||
        (around && paragraph.contains(around) && around !== paragraph) ||
        (block && other.parentElement !== paragraph && (block.display !== "inline" || /isolate|plaintext/.test(block.unicodeBidi)));
      alone &&= !!apart;
    }
    if (!alone) {
      found.push(paragraph.outerHTML.slice(0, 240));
    }
  }
  return [...new Set(found)].slice(0, 10);
}
