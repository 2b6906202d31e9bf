// The tree of device groups. Sub-groups are asked for when a group is opened.
import { ask, el, number } from "./app.js";
import { showGroup } from "./device.js";

const open = new Set([1]);
let chosen = 1;
let fresh = true; // nothing was opened by hand yet

export async function drawTree() {
  const root = await ask("groups/1");
  if (fresh && root.subGroups.length) {
    fresh = false;
    if (root.subGroups.length <= 5) root.subGroups.forEach((g) => open.add(g.id));
  }
  const list = el("ul", { role: "tree" }, await item({ ...root, name: "All devices" }));
  const focused = document.activeElement?.dataset.focus;
  document.getElementById("tree").replaceChildren(list);
  if (focused) list.querySelector(`[data-focus="${focused}"]`)?.focus();
}

export const refreshTree = drawTree;

async function item(g) {
  const expanded = open.has(g.id) && g.numOfDirectSubGroups > 0;
  const classes = ["group", g.id === chosen && "chosen", !g.numOfHosts && "empty"].filter(Boolean).join(" ");
  const row = el("div", { class: classes },
    el("button", { class: "twist", "data-focus": "twist" + g.id, disabled: !g.numOfDirectSubGroups, "aria-label": (expanded ? "Close " : "Open ") + g.name,
      onclick: () => { expanded ? open.delete(g.id) : open.add(g.id); drawTree(); } }, "▶"),
    el("button", { class: "pick", "data-focus": "pick" + g.id, title: g.appliesTo || g.fullPath, onclick: () => choose(g.id) },
      el("b", {}, g.name), g.appliesTo ? el("i", { title: "dynamic" }, "ƒ") : null, el("span", {}, number(g.numOfHosts))));
  const li = el("li", { role: "treeitem", class: expanded ? "open" : "", "aria-expanded": g.numOfDirectSubGroups ? String(expanded) : null }, row);
  if (expanded) {
    const { items, total } = await ask("groups?parent=" + g.id);
    const list = el("ul", { role: "group" }, ...(await Promise.all(items.map(item))));
    if (total > items.length) list.append(el("li", { class: "hint" }, `and ${number(total - items.length)} more`));
    li.append(list);
  }
  return li;
}

function choose(id) {
  chosen = id;
  open.add(id);
  drawTree();
  showGroup(id);
}
