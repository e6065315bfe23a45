// The charts of a report under the pointer: values, a part of the time drawn larger, and what is shown of it.
// Everything is in the page: the columns stand beside each chart as JSON.
"use strict";

const SECOND = 1e3, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 15, 30].map((count) => count * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((count) => count * MINUTE))
  .concat([1, 2, 3, 6, 12].map((count) => count * HOUR))
  .concat([1, 2, 7, 14, 28, 91, 182, 364].map((count) => count * DAY));
const APART = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const MOST_TIMES = 8, LABEL = 13, DRAGGED = 5, NEAR = 7;
const MINUS = "\u2212";

function number(value, decimals) {
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: decimals, maximumFractionDigits: decimals,
  });
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

function signed(value) {
  const text = number(value, 2);
  return /[1-9]/.test(text) && value > 0 ? "+" + text : text;
}

function moment(at) {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

function made(name, attributes, parent, words) {
  const node = document.createElementNS(parent.namespaceURI, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (words !== undefined) node.textContent = words;
  parent.append(node);
  return node;
}

function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least * 0.999);
}

class CourseChart {
  constructor(figure) {
    this.data = JSON.parse(figure.querySelector("script").textContent);
    this.svg = figure.querySelector("svg");
    this.times = this.data.at;
    this.whole = [0, this.times[this.times.length - 1]];
    this.shown = this.whole;
    this.paths = {};
    for (const kind of ["price", "net", "deep", "drawn0", "drawn1", "drawn2"]) {
      const path = this.svg.querySelector("path." + kind);
      if (path !== null) this.paths[kind] = path;
    }
    this.marks = Array.from(this.svg.querySelectorAll(".fills path"));
    this.shapes = this.marks.map((mark) => "l" + mark.getAttribute("d").split("l")[1]);
    this.clip();
    this.cursor = made("path", {class: "cursor", d: ""}, this.svg);
    this.brush = made("path", {class: "brush", d: ""}, this.svg);
    this.controls(figure);
    this.listen();
  }

  // What is drawn for a part of the time stays inside the areas.
  clip() {
    const {left, right, areas, rows, phases} = this.data, defs = made("defs", {}, this.svg);
    const boxes = areas.map((each) => [each.top, each.height]).concat([[rows.top, rows.height * phases.length]]);
    this.data.clips = boxes.map(([y, height], index) => {
      const id = "clip" + index + Math.random().toString(36).slice(2);
      const box = made("clipPath", {id}, defs);
      made("rect", {x: left, y, width: right - left, height}, box);
      return `url(#${id})`;
    });
    const parts = [["price", 0], ["net", 1], ["deep", 2], ["drawn0", 1], ["drawn1", 1], ["drawn2", 1]];
    for (const [kind, area] of parts) {
      if (this.paths[kind]) this.paths[kind].setAttribute("clip-path", this.data.clips[area]);
    }
    this.svg.querySelectorAll("path.phase").forEach((each) => each.setAttribute("clip-path", this.data.clips[3]));
  }

  controls(figure) {
    const bar = document.createElement("p");
    bar.className = "controls";
    const shows = [["fills", "fills"], ["units", "units"], ["phases", "phases"]]
      .concat(this.data.others.map((name, index) => ["other" + index, name]));
    for (const [kind, name] of shows) {
      const label = document.createElement("label"), box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.addEventListener("change", () => this.svg.classList.toggle("no-" + kind, !box.checked));
      label.append(box, " " + name);
      bar.append(label);
    }
    this.back = document.createElement("button");
    this.back.textContent = "whole time";
    this.back.disabled = true;
    this.back.addEventListener("click", () => this.show(this.whole));
    this.words = document.createElement("output");
    this.words.textContent = "Drag over the chart to see a part of it larger; a double click shows it whole.";
    bar.append(this.back, this.words);
    figure.querySelector("figcaption").after(bar);
  }

  listen() {
    let from = null;
    this.svg.addEventListener("pointerdown", (event) => {
      from = this.at(event);
      this.svg.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    this.svg.addEventListener("pointermove", (event) => {
      const x = this.at(event);
      this.point(x);
      if (from !== null && Math.abs(x - from) > DRAGGED) this.brush.setAttribute("d", this.box(from, x));
    });
    this.svg.addEventListener("pointerup", (event) => {
      const x = this.at(event);
      this.brush.setAttribute("d", "");
      if (from !== null && Math.abs(x - from) > DRAGGED) {
        this.show([this.time(Math.min(from, x)), this.time(Math.max(from, x))]);
      }
      from = null;
    });
    this.svg.addEventListener("pointerleave", () => this.cursor.setAttribute("d", ""));
    this.svg.addEventListener("dblclick", () => this.show(this.whole));
  }

  // Places

  at(event) {
    const box = this.svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * this.svg.viewBox.baseVal.width;
    return Math.max(this.data.left, Math.min(this.data.right, x));
  }

  time(x) {
    const {left, right} = this.data, [begin, end] = this.shown;
    return begin + (x - left) / (right - left) * (end - begin);
  }

  x(at) {
    const {left, right} = this.data, [begin, end] = this.shown;
    return left + (at - begin) / Math.max(1, end - begin) * (right - left);
  }

  y(area, value) {
    return area.top + (area.high - value) / (area.high - area.low) * area.height;
  }

  box(from, to) {
    const {areas} = this.data, last = areas[areas.length - 1];
    return `M${from},${areas[0].top}H${to}V${last.top + last.height}H${from}Z`;
  }

  nearest(at) {
    let low = 0, high = this.times.length - 1;
    while (high > low) {
      const middle = (low + high) >> 1;
      if (this.times[middle] >= at) high = middle; else low = middle + 1;
    }
    return low > 0 && at - this.times[low - 1] < this.times[low] - at ? low - 1 : low;
  }

  // What is under the pointer

  point(x) {
    const index = this.nearest(this.time(x)), data = this.data, on = this.x(this.times[index]);
    const last = data.areas[data.areas.length - 1];
    this.cursor.setAttribute("d", `M${on},${data.areas[0].top}V${last.top + last.height}`);
    const when = data.timed ? moment(data.first + this.times[index]) + " UTC" : "price " + number(data.first + this.times[index], 0);
    const words = [
      when, "price " + number(data.price[index], this.decimals()), "unit " + signedUnit(data.unit[index]),
      data.phases[data.phase[index]], "net " + signed(data.net[index]) + " USD",
      "drawdown " + number(data.drawdown[index], 2) + " USD",
    ];
    data.others.forEach((name, other) => {
      const value = data["other" + other][index];
      if (value !== null) words.push(name + " " + signed(value) + " USD");
    });
    this.words.textContent = words.join(" \u00b7 ");
  }

  decimals() {
    const step = Math.max(...this.data.price) / 1e5;
    return Math.max(0, Math.min(6, -Math.floor(Math.log10(step))));
  }

  // A part of the time

  show(times) {
    this.shown = times;
    this.back.disabled = times === this.whole;
    const begin = Math.max(0, this.nearest(times[0]) - 1);
    const end = Math.min(this.times.length, this.nearest(times[1]) + 2);
    const {data} = this, {areas} = data;
    const nets = data.others.map((_, index) => data["other" + index]);
    this.scale(areas[0], [data.low, data.high], begin, end, false);
    this.scale(areas[1], [data.worst, data.best, ...nets], begin, end, true);
    this.scale(areas[2], [data.drawdown.map((fall) => -fall)], begin, end, true);
    areas.forEach((area, index) => this.values(area, this.svg.querySelector(".values" + index)));
    this.paths.price.setAttribute("d", this.ends(areas[0], data.low, data.high, begin, end));
    this.paths.net.setAttribute("d", this.ends(areas[1], data.worst, data.best, begin, end));
    nets.forEach((values, index) => this.paths["drawn" + index].setAttribute("d", this.line(areas[1], values, begin, end)));
    this.deep(areas[2], begin, end);
    this.unitLines(areas[0]);
    this.fillMarks(areas[0]);
    this.phaseRows();
    this.timesAxis();
    this.cursor.setAttribute("d", "");
  }

  scale(area, columns, begin, end, zero) {
    const values = columns.flatMap((column) => column.slice(begin, end)).filter((value) => value !== null);
    if (zero) values.push(0);
    area.low = values.reduce((one, other) => Math.min(one, other));
    area.high = values.reduce((one, other) => Math.max(one, other));
    const room = (area.high - area.low) * 0.04 || Math.max(Math.abs(area.high), 1) * 0.01;
    if (area.low !== 0 || area.low === area.high) area.low -= room;
    if (area.high !== 0) area.high += room;
  }

  values(area, group) {
    const {left, right} = this.data;
    const step = roundStep((area.high - area.low) / (area.height > 150 ? 6 : 3));
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    group.replaceChildren();
    for (let count = Math.ceil(area.low / step); count * step <= area.high; count += 1) {
      const y = this.y(area, count * step);
      made("path", {class: count === 0 ? "zero" : "grid", d: `M${left},${y}H${right}`}, group);
      made("text", {class: "y", x: left - 6, y: y + 4}, group, number(count * step, decimals));
    }
  }

  ends(area, lows, highs, begin, end) {
    const points = [];
    let before = null;
    for (let index = begin; index < end; index += 1) {
      const pair = [lows[index], highs[index]];
      if (before !== null && Math.abs(before - pair[0]) > Math.abs(before - pair[1])) pair.reverse();
      for (const value of pair) points.push(this.x(this.times[index]) + "," + this.y(area, value));
      before = pair[1];
    }
    return "M" + points.join("L");
  }

  line(area, values, begin, end) {
    const points = [];
    for (let index = begin; index < end; index += 1) {
      if (values[index] !== null) points.push(this.x(this.times[index]) + "," + this.y(area, values[index]));
    }
    return points.length ? "M" + points.join("L") : "";
  }

  deep(area, begin, end) {
    const under = this.data.drawdown.map((fall) => -fall);
    const zero = this.y(area, 0), line = this.line(area, under, begin, end);
    this.paths.deep.setAttribute("d", `M${this.x(this.times[begin])},${zero}L${line.slice(1)}V${zero}Z`);
  }

  unitLines(area) {
    const {left, right} = this.data, group = this.svg.querySelector(".units");
    const inside = this.data.units.filter(([, price]) => price > area.low && area.high > price);
    const every = APART.find((each) => inside.length / each * LABEL <= area.height) || 1000;
    group.replaceChildren();
    for (const [unit, price] of inside) {
      if (unit % every !== 0) continue;
      const y = this.y(area, price);
      made("path", {class: unit === 0 ? "unit entry" : "unit", d: `M${left},${y}H${right}`}, group);
      made("text", {class: "number", x: right + 4, y: y + 3.5}, group, signedUnit(unit));
    }
  }

  fillMarks(area) {
    this.marks.forEach((mark, index) => {
      const [at, price] = this.data.fills[index];
      const inside = at >= this.shown[0] && this.shown[1] >= at;
      mark.style.display = inside ? "" : "none";
      if (inside) mark.setAttribute("d", `M${this.x(at)},${this.y(area, price)}${this.shapes[index]}`);
    });
  }

  phaseRows() {
    const {rows, phase, phases} = this.data;
    this.svg.querySelectorAll("path.phase").forEach((path, row) => {
      const y = rows.top + row * rows.height, parts = [];
      let begun = null, before = 0;
      for (let index = 0; index <= phase.length; index += 1) {
        const inside = index !== phase.length && phase[index] === row;
        if (inside && begun === null) begun = before;
        if (!inside && begun !== null) {
          parts.push(`M${this.x(begun)},${y + 2}H${this.x(before)}V${y + rows.height - 2}H${this.x(begun)}Z`);
          begun = null;
        }
        if (index !== phase.length) before = this.times[index];
      }
      path.setAttribute("d", parts.join("") || "M0,0");
    });
  }

  timesAxis() {
    const group = this.svg.querySelector(".times"), area = this.data.areas[2];
    const bottom = area.top + area.height, [begin, end] = this.shown.map((at) => at + this.data.first);
    let step = this.data.timed
      ? STEPS.find((each) => (end - begin) / each <= MOST_TIMES) || STEPS[STEPS.length - 1]
      : Math.max(1, Math.round(roundStep((end - begin) / MOST_TIMES)));
    step *= Math.max(1, Math.ceil((end - begin) / step / MOST_TIMES));
    const first = Math.ceil(begin / step) * step;
    group.replaceChildren();
    for (let at = first; at <= end; at += step) {
      const x = this.x(at - this.data.first);
      made("path", {class: "tick", d: `M${x},${bottom}v4`}, group);
      made("text", {class: "x", x, y: bottom + 17}, group, this.label(at, step, at === first));
    }
  }

  label(at, step, first) {
    if (!this.data.timed) return number(at, 0);
    const text = new Date(at).toISOString(), day = text.slice(5, 10);
    if (step >= DAY) return first ? text.slice(0, 10) : day;
    const time = step >= MINUTE ? text.slice(11, 16) : text.slice(11, 19);
    return first || at % DAY === 0 ? day + " " + time : time;
  }
}

function signedUnit(unit) {
  return unit > 0 ? "+" + unit : unit < 0 ? MINUS + -unit : "0";
}

// One of several maps at a time, chosen by name.
function chooser(group) {
  const maps = Array.from(group.querySelectorAll("figure"));
  const bar = document.createElement("p");
  bar.className = "controls";
  maps.forEach((map, index) => {
    const button = document.createElement("button");
    button.textContent = map.querySelector("figcaption").textContent;
    const choose = () => maps.forEach((each) => { each.hidden = each !== map; });
    button.addEventListener("click", choose);
    if (index === 0) choose();
    bar.append(button);
  });
  group.prepend(bar);
}

// A table by the column whose heading is clicked; the other way round by a second click.
function sortable(table) {
  const value = (row, column) => {
    const text = row.cells[column].textContent.replaceAll(",", "").replace(MINUS, "-");
    const amount = parseFloat(text);
    return Number.isNaN(amount) ? text : amount;
  };
  table.querySelectorAll("thead th").forEach((heading, column) => {
    let upwards = true;
    heading.classList.add("sorts");
    heading.addEventListener("click", () => {
      const body = table.tBodies[0], rows = Array.from(body.rows);
      upwards = !upwards;
      rows.sort((one, other) => {
        const [a, b] = [value(one, column), value(other, column)];
        const order = typeof a === typeof b ? (a > b ? 1 : a === b ? 0 : -1) : typeof a === "number" ? 1 : -1;
        return upwards ? order : -order;
      });
      body.append(...rows);
    });
  });
}

document.querySelectorAll("figure.course").forEach((figure) => new CourseChart(figure));
document.querySelectorAll(".maps").forEach(chooser);
document.querySelectorAll(".sortable table").forEach(sortable);
