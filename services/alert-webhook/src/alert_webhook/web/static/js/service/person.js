// Who is logged in, where people log in at all.

import { part, write } from "../element.js";

export async function showPerson(api) {
  const { person, access } = await api.renewSession();
  part("person").hidden = access !== "session";
  write(part("person-name"), person ?? "");
}

export function letLogOut(api) {
  part("log-out").addEventListener("click", async () => {
    await api.change("POST", "/logout").catch(() => {});
    location.assign("/login");
  });
}
