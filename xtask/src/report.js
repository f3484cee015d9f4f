// Put at the top of a report: collects errors, tries the page, and leaves the answers on its root element.
const errors = [];
addEventListener("error", (event) => errors.push(String(event.message)));
addEventListener("load", () => {
  const root = document.documentElement;
  const button = document.querySelector("button[data-sound]");
  button?.click();
  const plays = button?.getAttribute("aria-pressed") === "true";
  button?.click();
  const hovers = document.querySelector("rect.hover > title") !== null;
  const fits = root.scrollWidth <= innerWidth;
  const [inside, width] = [root.scrollWidth, innerWidth];
  root.dataset.answers = JSON.stringify({ errors, fits, plays, hovers, inside, width });
});
