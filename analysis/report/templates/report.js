"use strict";

const plotConfig = {responsive: true, displayModeBar: false};

const parsed = (selector) => [...document.querySelectorAll(selector)].map((script) => JSON.parse(script.textContent));

const figuresOf = (name) => parsed(`script[data-plot="${name}"]`);

const tablesOf = (name) => parsed(`script[data-table="${name}"]`);

const choiceOf = (name) => document.querySelector(`select[data-shows="${name}"]`);

const shownIndex = (name) => choiceOf(name)?.selectedIndex ?? 0;

const NARROW = 480;

// "3: a long name" is "3" beside the cells of a heat map on a phone.
function withShortNames({data, layout}, width) {
  const numbered = data[0]?.type === "heatmap" ? data[0].y.filter((name) => /^\d+: /.test(name)) : [];
  if (width > NARROW || !numbered.length) return layout;
  const labelalias = Object.fromEntries(numbered.map((name) => [name, name.split(":")[0]]));
  return {...layout, yaxis: {...layout.yaxis, labelalias}};
}

function drawPlot(element) {
  const figures = figuresOf(element.id);
  const show = () => {
    const figure = figures[shownIndex(element.id)];
    element.style.height = `${figure.layout.height}px`;
    Plotly.react(element, figure.data, withShortNames(figure, element.clientWidth), plotConfig);
  };
  choiceOf(element.id)?.addEventListener("change", show);
  show();
}

// One plot after the other, so that the page can be read and scrolled from the start.
function drawPlots(elements) {
  if (!elements.length) return;
  drawPlot(elements[0]);
  setTimeout(() => drawPlots(elements.slice(1)));
}

function saveAs(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function savePlot(bar, format) {
  const {of: name, study} = bar.dataset;
  const figure = figuresOf(name)[shownIndex(name)];
  const choice = choiceOf(name)?.value ?? "";
  const filename = [study, name, choice].filter(Boolean).join("-").replace(/[^\w.+-]+/g, "_");
  if (format === "csv") return saveAs(`${filename}.csv`, tablesOf(name)[shownIndex(name)]);
  const layout = {...figure.layout, paper_bgcolor: "white", plot_bgcolor: "white"};
  return Plotly.downloadImage({data: figure.data, layout},
                              {format, filename, width: 900, height: figure.layout.height, scale: format === "png" ? 2 : 1});
}

function chooseTable(choice) {
  const tables = document.querySelectorAll(`[data-view="${choice.dataset.shows}"]`);
  const show = () => tables.forEach((table, index) => { table.hidden = index !== choice.selectedIndex; });
  choice.addEventListener("change", show);
  show();
}

function compareCells(left, right) {
  const numbers = [left, right].map((text) => parseFloat(text.replace("−", "-").replace(/,(?=\d{3})/g, "")));
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
drawPlots([...document.querySelectorAll(".plot")]);
for (const button of document.querySelectorAll(".downloads button")) {
  button.addEventListener("click", () => savePlot(button.parentElement, button.dataset.format));
}
for (const choice of document.querySelectorAll("select[data-shows]")) {
  if (!document.getElementById(choice.dataset.shows)) chooseTable(choice);
}
document.querySelectorAll("table.sortable").forEach(makeSortable);
