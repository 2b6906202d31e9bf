// The middle: the devices of a group, the result of a search, or one device with its properties.
import { ask, send, el, number } from "./app.js";
import { drawTree } from "./tree.js";

let shown = { kind: "", id: 0 };
const fill = (...parts) => document.getElementById("detail").replaceChildren(...parts.filter((p) => p != null));
const kinds = { 0: "device", 2: "AWS", 3: "service", 4: "Azure", 6: "business service", 7: "GCP", 8: "Kubernetes" };

export async function showGroup(id) {
  shown = { kind: "group", id };
  const [group, page] = await Promise.all([ask("groups/" + id), ask(`groups/${id}/devices`)]);
  if (shown.kind !== "group" || shown.id !== id) return;
  const all = id === 1;
  fill(
    el("div", { class: "head" }, el("h2", {}, all ? "All devices" : group.name), el("span", { class: "badge" }, group.appliesTo ? "dynamic" : "static"),
      el("small", {}, all ? number(group.numOfHosts) : `${number(group.numOfHosts)} devices, ${number(group.numOfDirectDevices)} directly here`)),
    el("p", { class: "path" }, group.fullPath || "the root of the account"),
    group.appliesTo ? el("code", { class: "query" }, group.appliesTo) : null,
    group.customProperties.length ? table("Properties", "inherited by its devices", group.customProperties) : null,
    rows(page.items, "No device is directly in this group."),
    more(page, id, page.items.length));
}

function more(page, id, from) {
  if (page.total <= from) return null;
  return el("button", { class: "button more", onclick: async (e) => {
    const next = await ask(`groups/${id}/devices?offset=${from}`);
    document.querySelector(".rows").append(...next.items.map(row));
    e.target.replaceWith(more(next, id, from + next.items.length) || "");
  } }, `Show more (${number(page.total - from)} left)`);
}

export async function showSearch(text) {
  shown = { kind: "search", id: text };
  const page = await ask("search?q=" + encodeURIComponent(text));
  if (shown.id !== text) return;
  fill(
    el("div", { class: "head" }, el("h2", {}, `“${text}”`), el("small", {}, `${number(page.total)} found`)),
    rows(page.items, "No device has this in its name, nor as a property value."));
}

function rows(items, none) {
  return items.length ? el("ul", { class: "rows" }, ...items.map(row)) : el("p", { class: "hint" }, none);
}

const row = (d) => el("li", {}, el("button", { onclick: () => showDevice(d.id) }, el("b", {}, d.displayName), el("span", {}, d.name)));

export async function showDevice(id) {
  shown = { kind: "device", id };
  let d;
  try { d = await ask("devices/" + id); } catch { return gone(id); }
  const commits = await ask(`journal?type=device&id=${id}&last=20`);
  if (shown.kind !== "device" || shown.id !== id) return;
  const ofGroups = (d.systemProperties.find((p) => p.name === "system.groups")?.value || "").split(",").filter(Boolean);
  fill(
    el("div", { class: "head" }, el("h2", {}, d.displayName),
      el("span", { class: "badge " + (d.hostStatus === "normal" ? "good" : "bad") }, d.hostStatus), el("span", { class: "badge" }, kinds[d.deviceType] || "type " + d.deviceType),
      d.disableAlerting ? el("span", { class: "badge" }, "alerting off") : null),
    el("p", { class: "path" }, `${d.name} · id ${d.id} · collector ${d.preferredCollectorId} · changed ${when(d.updatedOn)}`),
    el("div", { class: "tools" },
      el("button", { class: "button", onclick: () => rename(d) }, "Rename by hand"),
      el("button", { class: "button danger", onclick: () => act("DELETE", `devices/${id}?soft=true`) }, "Delete to recycle bin"),
      el("button", { class: "button danger", onclick: () => act("DELETE", `devices/${id}`) }, "Delete for good")),
    table("Custom properties", "as the client wrote them", d.customProperties),
    table("System properties", "the account's own", d.systemProperties),
    table("Inherited properties", "from its groups", d.inheritedProperties),
    table("Groups", "", ofGroups.map((g) => ({ name: g, value: "" }))),
    table("Changes", "newest last", commits.map((c) => ({ name: `${when(Date.parse(c.time) / 1000)} ${c.who}`, value: `${c.op} ${changes(c)}` }))));
}

function gone(id) {
  fill(el("div", { class: "head" }, el("h2", {}, "Device " + id)), el("p", { class: "hint" }, "This device is not in the account any more."));
}

function table(title, note, list) {
  if (!list.length) return null;
  return el("table", { class: "props" }, el("caption", {}, title, el("small", {}, note)),
    el("tbody", {}, ...list.map((p) => el("tr", {}, el("th", { scope: "row" }, p.name), el("td", {}, p.value)))));
}

async function act(method, path, body) {
  try { await send(method, path, body); } catch (e) { alert(e.message); }
}

async function rename(d) {
  const name = prompt("New display name, as a person would change it in the portal", d.displayName);
  if (name && name !== d.displayName) await act("PATCH", "devices/" + d.id, { displayName: name });
}

export const when = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");

// changes names what differs between a record before and after.
export function changes(c) {
  if (!c.before || !c.after) return "";
  const flat = (r) => {
    const out = {};
    for (const [k, v] of Object.entries(r)) {
      if (k === "updatedOn") continue;
      if (k === "customProperties") for (const p of v || []) out[p.name] = p.value;
      else out[k] = JSON.stringify(v);
    }
    return out;
  };
  const a = flat(c.before), b = flat(c.after);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => a[k] !== b[k]).join(", ");
}

// refreshDetail redraws the middle when something it shows changed.
export async function refreshDetail(commits) {
  if (shown.kind === "device" && commits.some((c) => c.type === "device" && c.id === String(shown.id))) return showDevice(shown.id);
  if (shown.kind === "group" && document.querySelectorAll(".rows li").length <= 100) {
    return showGroup(shown.id).catch(() => { showGroup(1); drawTree(); });
  }
}
