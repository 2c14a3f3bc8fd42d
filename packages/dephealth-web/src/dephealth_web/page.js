// Keeps the page up to date: asks for it anew and takes over what has changed.
"use strict";

const pause = 5000;
const page = document.getElementById("page");

// Makes `old` like `fresh`, and keeps all that need not change: focus, selection, what is unfolded.
function follow(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const name of old.getAttributeNames()) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  const known = new Map();
  for (const child of old.children) if (child.id) known.set(child.id, child);
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    let child = known.get(wanted.id) ?? at;
    if (child === null || !alike(child, wanted)) {
      child = document.importNode(wanted, true);
    } else if (child.nodeType === Node.ELEMENT_NODE) {
      follow(child, wanted);
    } else if (child.data !== wanted.data) {
      child.data = wanted.data;
    }
    if (child === at) at = at.nextSibling;
    else old.insertBefore(child, at);
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function alike(one, other) {
  return one.nodeName === other.nodeName && (one.id ?? "") === (other.id ?? "");
}

async function update() {
  const answer = await fetch(location.href, {
    cache: "no-store",
    headers: { Accept: "text/html" },
    signal: AbortSignal.timeout(10000),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement;
  follow(page, fresh.getElementById("page"));
  if (document.activeElement !== focused) focused.focus({ preventScroll: true });
  document.title = fresh.title;
  document.querySelector("link").href = fresh.querySelector("link").href;
}

async function attempt() {
  try {
    await update();
    page.classList.remove("stale");
  } catch {
    page.classList.add("stale");
    document.getElementById("lost").textContent =
      "The service does not answer: what you see may have changed.";
  }
}

async function again() {
  const begun = Date.now();
  if (!document.hidden) await attempt();
  // A page that takes long is asked for less often.
  setTimeout(again, Math.max(pause, 10 * (Date.now() - begun)));
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) attempt();
});
setTimeout(again, pause);
