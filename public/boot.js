// Starts the islands: the parts of a page that WebAssembly makes live. Leptos would write this as an inline script;
// as a file it needs no exception in the content security policy. The build replaces the two names below by the
// hashed ones. Based on leptos 0.8.23, src/hydration/island_script.js: check it when the version changes.
import init, * as islands from "./app.js";

const wasm = new URL("./app_bg.wasm", import.meta.url);

// The module may load while the page is still streaming; islands are woken once all of it is there.
const parsed = new Promise((resolve) => {
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", resolve, { once: true });
  } else {
    resolve();
  }
});

// What each <leptos-children> around the current node does when an island inside it wakes up.
const enclosing = [];

// Islands nest, and an inner one relies on what the outer one provided: outside in, one after the other.
async function wake(node) {
  const tag = node.localName;
  if (tag === "leptos-island") {
    await wakeIsland(node);
  }
  if (tag === "leptos-children") {
    enclosing.push(node.$$on_hydrate);
  }
  for (const child of node.children) {
    await wake(child);
  }
  if (tag === "leptos-children") {
    enclosing.pop();
  }
}

async function wakeIsland(element) {
  const start = islands[element.dataset.component];
  if (!start) {
    console.warn(`There is no island called ${element.dataset.component} in this build.`);
    return;
  }
  enclosing.at(-1)?.();
  await start(element);
}

await Promise.all([init({ module_or_path: wasm }), parsed]);
islands.hydrate();
await wake(document.body);
// For tests, and for style sheets that show what only works with islands.
document.documentElement.dataset.islands = "awake";
// How long that took shows in the browser's own tools, and the tests hold it to a limit.
performance.mark("islands-awake");
