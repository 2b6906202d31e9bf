// The page's frame: asks the admin API once a second and hands each answer to its part.
import { drawTree, refreshTree } from "./tree.js";
import { showGroup, showSearch, refreshDetail } from "./device.js";
import { drawMeters, drawFaults, addCommits } from "./side.js";

export async function ask(path, options) {
  const r = await fetch("api/" + path, options);
  const body = await r.json();
  if (!r.ok) throw new Error(body.error || r.statusText);
  return body;
}

export function send(method, path, body) {
  return ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

// el makes an element. Text from the account only ever becomes text.
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (v === true) e.setAttribute(k, "");
    else if (v !== false && v != null) e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c != null));
  return e;
}

export const number = (n) => n.toLocaleString("en-US");
const by = (id) => document.getElementById(id);

let seen = 0; // last commit shown
let first = true;
let pressed = false; // what is being clicked must not be redrawn under the pointer
for (const [event, down] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false]]) {
  addEventListener(event, () => { pressed = down; });
}

async function beat() {
  if (pressed) { setTimeout(beat, 100); return; }
  try {
    const [summary, meters, faults, switches] = await Promise.all([ask("summary"), ask("meters"), ask("faults"), ask("switches")]);
    for (const k of ["devices", "groups", "commits", "calls", "refused", "unsent"]) by(k).textContent = number(summary[k]);
    by("refusedBox").classList.toggle("some", summary.refused > 0);
    by("unsentBox").classList.toggle("some", summary.unsent > 0);
    drawMeters(meters);
    drawFaults(faults, switches);
    if (summary.commits < seen) { location.reload(); return; } // the account was reset
    if (summary.commits !== seen || first) {
      const commits = await ask("journal?last=150&since=" + seen);
      addCommits(commits);
      seen = commits.at(-1)?.seq ?? summary.commits; // some may have come since the summary
      if (first) await drawTree(); else await refreshTree();
      await refreshDetail(commits);
    }
    first = false;
    by("offline").hidden = true;
  } catch (e) {
    by("offline").hidden = false;
    console.warn(e);
  }
  setTimeout(beat, 1000);
}

let typing;
by("search").addEventListener("input", (e) => {
  clearTimeout(typing);
  const text = e.target.value.trim();
  typing = setTimeout(() => (text ? showSearch(text) : showGroup(1)), 200);
});

document.addEventListener("keydown", (e) => {
  if (e.key === "/" && document.activeElement !== by("search")) { e.preventDefault(); by("search").focus(); }
});

showGroup(1).finally(beat);
