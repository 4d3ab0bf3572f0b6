// The payment's fields: accounts to choose from, two payments to begin with, one request at a time.

import { element, part, write } from "../element.js";
import { counted } from "../words.js";

const FILLS = {
  ordinary: { amount: "24.90", currency: "EUR", merchant_id: "mer-corner-shop", category: "groceries", country: "", channel: "card" },
  conspicuous: { amount: "4900", currency: "EUR", merchant_id: "mer-never-seen", category: "electronics", country: "JP", channel: "online" },
};
const CODES = ["currency", "country"];

export class PaymentForm {
  constructor(send) {
    this.form = part("payment");
    this.button = part("send");
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (this.button.ariaDisabled === "true") return;
      this.wait(true);
      await send(this.payment());
      this.wait(false);
    });
    for (const button of this.form.querySelectorAll("[data-fill]")) {
      button.addEventListener("click", () => this.fill(FILLS[button.dataset.fill]));
    }
  }

  // The accounts of the latest alerts; any other can be typed.
  offer(accounts) {
    part("accounts").replaceChildren(...accounts.map((account) => element("option", { value: account })));
    const known = accounts.length ? ` Choose one of ${counted(accounts.length, "account")} that alerted lately, or type any.` : "";
    write(part("account-note"), `A pseudonym.${known}`);
    const { account_id: field } = this.form.elements;
    if (!field.value && accounts.length) field.value = accounts[0];
  }

  fill(values) {
    for (const [name, value] of Object.entries(values)) this.form.elements[name].value = value;
    this.button.focus();
  }

  payment() {
    const given = Object.fromEntries([...new FormData(this.form)].map(([name, value]) => [name, value.trim()]));
    for (const name of CODES) given[name] = given[name].toUpperCase();
    const said = Object.entries(given).filter(([, value]) => value !== "");
    return { ...Object.fromEntries(said), amount: Number(given.amount) };
  }

  wait(isWaiting) {
    this.button.ariaDisabled = String(isWaiting);
    write(this.button, isWaiting ? "Asking …" : "Ask the gateway");
  }
}
