"use strict";
// Menus hide the failures that do not match; a click on a page shows all of it, another one goes back.
const menus = [...document.querySelectorAll("select[data-by]")];
const cards = [...document.querySelectorAll("article")];
const shown = document.querySelector("#failures output");
function applyFilters() {
  let count = 0;
  for (const card of cards) {
    const fits = menus.every((menu) => !menu.value || card.dataset[menu.dataset.by] === menu.value);
    card.hidden = !fits;
    count += fits;
  }
  shown.textContent = count;
}
for (const menu of menus) menu.addEventListener("change", applyFilters);
for (const figure of document.querySelectorAll("figure.page")) {
  const page = figure.querySelector("svg");
  page.addEventListener("click", () => {
    const open = figure.classList.toggle("open");
    page.setAttribute("viewBox", open ? page.dataset.whole : page.dataset.window);
  });
}
