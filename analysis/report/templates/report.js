"use strict";

const plotConfig = {responsive: true, displayModeBar: false};

const figuresOf = (name) =>
  [...document.querySelectorAll(`script[data-plot="${name}"]`)].map((script) => JSON.parse(script.textContent));

const tablesOf = (name) =>
  [...document.querySelectorAll(`script[data-table="${name}"]`)].map((script) => JSON.parse(script.textContent));

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

const titleOf = (layout, reference, letter) =>
  layout[`${letter}axis${(reference || letter).slice(1)}`]?.title?.text || "";

// Bands and connecting lines, which repeat what their own curves say, are marked by having nothing to hover over.
function rowsOfTrace(trace, layout) {
  const panel = titleOf(layout, trace.yaxis, "y");
  if (trace.z) {
    return trace.z.flatMap((line, row) => line.map((value, column) => [trace.y[row], panel, trace.x[column], value]));
  }
  const [across, error] = trace.error_x ? ["x", trace.error_x] : ["y", trace.error_y];
  const bound = (index, sign, sizes) => (sizes ? trace[across][index] + sign * sizes[index] : "");
  return trace.x.map((x, index) => [
    trace.name, panel, x, trace.y[index],
    bound(index, -1, error?.arrayminus), bound(index, 1, error?.array),
    trace.customdata ? trace.customdata[index] : trace.text?.[index],
  ]);
}

function csvOf(figure) {
  const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const across = titleOf(figure.layout, "", "x") || "x";
  const isMatrix = figure.data.some((trace) => trace.z);
  const header = isMatrix ? ["row", "panel", across, "value"] : ["series", "panel", across, "value", "low", "high", "note"];
  const rows = figure.data.filter((trace) => trace.hoverinfo !== "skip")
    .flatMap((trace) => rowsOfTrace(trace, figure.layout));
  return [header, ...rows].map((row) => row.map((cell) => quoted(String(cell ?? "").trim())).join(",")).join("\n") + "\n";
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
  if (format === "csv") return saveAs(`${filename}.csv`, tablesOf(name)[shownIndex(name)] ?? csvOf(figure));
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
drawPlots([...document.querySelectorAll(".plot")]);
for (const button of document.querySelectorAll(".downloads button")) {
  button.addEventListener("click", () => savePlot(button.parentElement, button.dataset.format));
}
for (const choice of document.querySelectorAll("select[data-shows]")) {
  if (!document.getElementById(choice.dataset.shows)) chooseTable(choice);
}
document.querySelectorAll("table.sortable").forEach(makeSortable);
