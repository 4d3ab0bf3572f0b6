// Builds elements. Everything given goes in as text or as a property that holds text, never as markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "data") Object.assign(made.dataset, value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// Written only when it changed, so that a screen reader does not repeat it and a selection stays.
export function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// Puts others in the place of a list's items; the focus stays with the button that has the same key.
export function replace(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  list.replaceChildren(...items);
  if (focused) [...list.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus();
}

export function part(id) {
  return document.getElementById(id);
}
