"use strict";

const plotConfig = {
  responsive: true,
  displaylogo: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  toImageButtonOptions: {format: "svg"},
};

const figuresOf = (name) =>
  [...document.querySelectorAll(`script[data-plot="${name}"]`)].map((script) => JSON.parse(script.textContent));

function drawPlot(element) {
  const figures = figuresOf(element.id);
  const show = (index) => {
    element.style.height = `${figures[index].layout.height}px`;
    Plotly.react(element, figures[index].data, figures[index].layout, plotConfig);
  };
  const choice = document.querySelector(`select[data-shows="${element.id}"]`);
  if (choice) choice.addEventListener("change", () => show(choice.selectedIndex));
  show(choice ? choice.selectedIndex : 0);
}

function chooseTable(choice) {
  const tables = document.querySelectorAll(`[data-view="${choice.dataset.shows}"]`);
  const show = () => tables.forEach((table, index) => { table.hidden = index !== choice.selectedIndex; });
  choice.addEventListener("change", show);
  show();
}

function compareCells(left, right) {
  const numbers = [parseFloat(left), parseFloat(right)];
  if (!numbers.some(Number.isNaN)) return numbers[0] - numbers[1];
  return (left === "") - (right === "") || left.localeCompare(right);
}

function sortByColumn(table, column, header) {
  const descending = header.getAttribute("aria-sort") === "ascending";
  const cellText = (row) => row.cells[column].textContent.trim();
  const rows = [...table.tBodies[0].rows].sort((left, right) => compareCells(cellText(left), cellText(right)));
  table.tBodies[0].append(...(descending ? rows.reverse() : rows));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortByColumn(table, column, header));
    header.append(button);
  });
}

// Paper is narrower than the screen that a plot was drawn for; with a view box it shrinks as a whole.
function fitToPaper() {
  for (const svg of document.querySelectorAll(".plot .main-svg")) {
    svg.setAttribute("viewBox", `0 0 ${svg.width.baseVal.value} ${svg.height.baseVal.value}`);
  }
}

function fitToScreen() {
  for (const svg of document.querySelectorAll(".plot .main-svg")) svg.removeAttribute("viewBox");
}

window.addEventListener("beforeprint", fitToPaper);
window.addEventListener("afterprint", fitToScreen);
document.querySelectorAll(".plot").forEach(drawPlot);
document.querySelectorAll('select[data-shows="results"]').forEach(chooseTable);
document.querySelectorAll("table.sortable").forEach(makeSortable);
