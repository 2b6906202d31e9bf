// The side: rate meters, fault buttons, live journal.
import { send, el, number } from "./app.js";
import { showDevice, showGroup, changes } from "./device.js";

export function drawMeters(meters) {
  const box = document.getElementById("meters");
  const live = meters.filter((m) => m.limit > 0).sort((a, b) => b.used / b.limit - a.used / a.limit || a.bucket.localeCompare(b.bucket));
  if (!live.length) {
    box.replaceChildren(el("p", { class: "hint" }, "No call yet."));
    return;
  }
  box.replaceChildren(...live.map((m) => {
    const left = m.remaining / m.limit;
    const used = el("i"), tenant = el("i", { class: "tenant" });
    used.style.width = Math.min(100, (100 * m.used) / m.limit) + "%";
    tenant.style.width = Math.min(100, (100 * m.tenant) / m.limit) + "%";
    const title = `${m.used} ours, ${m.tenant} of another user, ${m.refused} refused; limit ${m.limit} in ${m.window} s`;
    return el("div", { class: "meter" + (left === 0 ? " out" : left < 0.25 ? " low" : ""), title },
      el("code", {}, m.bucket), el("span", {}, `${number(m.remaining)} of ${number(m.limit)}`), el("div", { class: "bar" }, used, tenant));
  }));
}

// Each button sets faults for the next calls, or turns a switch that stays until turned back.
const once = [
  ["Lose a create", "the next device is made, its answer lost", { action: "lose", method: "POST", endpoint: "/device/devices", times: 1 }],
  ["Portal upgrade", "503 with HTML for the next 20 calls", { action: "html503", times: 20 }],
  ["Reset 5 connections", "after the call took effect", { action: "reset", times: 5 }],
  ["Hang 3 calls", "never answered", { action: "hang", times: 3 }],
];
const lasting = [
  ["Slow account", "1 s a call", { latency: 1 }, { latency: 0 }],
  ["Busy neighbor", "another user takes 60 % of every limit", { tenantShare: 0.6 }, { tenantShare: 0 }],
  ["Flaky network", "1 in 10 answers lost", { lose: 0.1 }, { lose: 0 }],
  ["Late lists", "new devices list after 30 s", { listLag: 30 }, { listLag: 0 }],
];
let drawn = "";

export function drawFaults(faults, switches) {
  const state = JSON.stringify([faults, lasting.map(([, , on]) => switches[Object.keys(on)[0]])]);
  if (state === drawn) return;
  drawn = state;
  const left = (f) => faults.find((x) => x.name === f && x.struck < x.times);
  const kept = () => faults.filter((f) => !f.times || f.struck < f.times).map((f) => ({ ...f, times: f.times ? f.times - f.struck : 0 }));
  const box = document.getElementById("faults");
  box.replaceChildren(
    ...once.map(([name, note, fault]) => button(name, left(name) ? `${left(name).times - left(name).struck} to come` : note, !!left(name),
      () => send("PUT", "faults", left(name) ? kept().filter((f) => f.name !== name) : [...kept(), { ...fault, name }]))),
    ...lasting.map(([name, note, on, off]) => {
      const key = Object.keys(on)[0], pressed = switches[key] > 0;
      return button(name, note, pressed, () => send("PATCH", "switches", pressed ? off : on));
    }),
    el("button", { class: "button wide", onclick: calm }, "All quiet"));
}

async function calm() {
  await send("DELETE", "faults", {});
  await send("PATCH", "switches", Object.assign({}, ...lasting.map(([, , , off]) => off)));
}

function button(name, note, pressed, press) {
  return el("button", { class: "button", "aria-pressed": String(pressed), onclick: () => press().catch((e) => alert(e.message)) }, name, el("small", {}, note));
}

const signs = { create: "+", update: "~", delete: "−", restore: "↺" };

export function addCommits(commits) {
  const list = document.getElementById("journal");
  for (const c of commits) {
    list.prepend(el("li", {},
      el("span", { class: "op " + c.op, title: c.op }, signs[c.op] || "?"),
      el("button", { class: "name", onclick: () => open(c) }, c.name || c.type),
      el("time", { datetime: c.time }, new Date(c.time).toLocaleTimeString("en-GB")),
      el("span", { class: "what" }, [`${c.who}: ${c.op} ${c.type}`, changes(c)].filter(Boolean).join(" · "))));
  }
  while (list.children.length > 150) list.lastChild.remove();
}

function open(c) {
  if (c.type === "device") showDevice(Number(c.id));
  if (c.type === "deviceGroup") showGroup(Number(c.id)).catch(() => showGroup(1));
}
