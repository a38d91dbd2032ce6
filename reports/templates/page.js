// What every page that analyze writes can do. Embedded into the program; see docs/page.md.
// Names of models reach the page as text content only, never as markup.
"use strict";

(() => {
  const rowHeight = 32;
  // Rows beyond the visible ones, so that fast scrolling shows no gaps.
  const overscan = 12;
  // More rows than anybody reads on paper.
  const printedRows = 250;

  const byId = (id) => document.getElementById(id);
  const announce = (text) => { const found = byId("found"); if (found) found.textContent = text; };
  const grouped = (count) => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

  function element(tag, attributes, text) {
    const node = document.createElement(tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // MARK: Light and dark

  function setUpTheme() {
    const button = byId("theme");
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    let chosen = null;
    const apply = () => {
      const isDark = chosen === null ? system.matches : chosen;
      document.documentElement.dataset.theme = isDark ? "dark" : "light";
      button.setAttribute("aria-pressed", String(isDark));
    };
    button.addEventListener("click", () => {
      chosen = document.documentElement.dataset.theme !== "dark";
      apply();
    });
    system.addEventListener("change", apply);
    apply();
  }

  // MARK: Tables

  /** A table that holds only the rows that can be seen. */
  class Table {
    constructor(data, host, onChoose) {
      this.data = data;
      this.onChoose = onChoose;
      this.columns = data.columns.filter((column) => column.priority > 0);
      this.order = Array.from({ length: data.rowCount }, (_, row) => row);
      this.shown = this.order;
      this.sorted = { column: null, isDescending: false };
      this.words = null;
      this.chosen = null;
      this.current = 0;
      this.first = -1;
      this.last = -1;
      this.build(host);
      if (data.sortedBy !== null) this.sort(this.columns.indexOf(data.columns[data.sortedBy]));
      this.refresh();
    }

    build(host) {
      host.textContent = "";
      this.scroller = element("div", {
        class: "rows", tabindex: "-1", role: "region", "aria-label": this.data.noun,
      });
      this.table = element("table", { role: "grid", "aria-rowcount": String(this.data.rowCount + 1) });
      const group = element("colgroup");
      const head = element("tr", { "aria-rowindex": "1" });
      this.columns.forEach((column, place) => {
        const kind = column.title === "#" ? "index" : column.numeric ? "number" : "text";
        const priority = " priority" + column.priority;
        group.append(element("col", { class: kind + priority }));
        const cell = element("th", {
          scope: "col", "aria-sort": "none", class: (column.numeric ? "number" : "") + priority,
        });
        const button = element("button", { type: "button", title: "Sort by " + column.title }, column.title);
        button.addEventListener("click", () => { this.sort(place); this.refresh(); });
        cell.append(button);
        head.append(cell);
      });
      const section = element("thead");
      section.append(head);
      this.heads = Array.from(head.children);
      this.body = element("tbody");
      this.above = this.spacer();
      this.below = this.spacer();
      this.table.append(group, section, this.body);
      this.scroller.append(this.table);
      this.count = element("p", { class: "count" });
      host.append(this.scroller, this.count);
      this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
      window.addEventListener("resize", () => this.draw());
      this.body.addEventListener("click", (event) => {
        const row = event.target.closest("tr.data");
        if (row) this.choose(Number(row.dataset.row), true);
      });
      this.body.addEventListener("keydown", (event) => this.key(event));
    }

    spacer() {
      const row = element("tr", { class: "space", "aria-hidden": "true" });
      row.append(element("td"));
      return row;
    }

    /** Everything that a search looks at, made when first needed. */
    searchable() {
      if (this.words) return this.words;
      const texts = this.data.columns.filter((column) => !column.numeric || column.title === "#")
        .map((column) => column.texts);
      this.words = Array.from({ length: this.data.rowCount }, (_, row) =>
        texts.map((column) => column[row]).join("\n").toLowerCase());
      return this.words;
    }

    /** Shows the rows that hold every word. */
    search(text) {
      const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
      if (words.length === 0) {
        this.shown = this.order;
      } else {
        const searchable = this.searchable();
        this.shown = this.order.filter((row) => words.every((word) => searchable[row].includes(word)));
      }
      this.current = 0;
      this.scroller.scrollTop = 0;
      this.refresh();
      return this.shown;
    }

    sort(place) {
      const column = this.columns[place];
      const isSame = this.sorted.column === place;
      // Numbers are wanted from the greatest, words from the first, and so is the order itself.
      const isDescending = isSame ? !this.sorted.isDescending : column.numeric && column.title !== "#";
      this.sorted = { column: place, isDescending };
      const sign = isDescending ? -1 : 1;
      const compare = column.numeric
        ? (a, b) => {
          const left = column.values[a], right = column.values[b];
          // What is not known stands last either way.
          if (left === null || right === null) return (left === null) - (right === null) || a - b;
          return sign * (left - right) || a - b;
        }
        : (a, b) => {
          const left = column.texts[a], right = column.texts[b];
          return sign * (left < right ? -1 : left > right ? 1 : 0) || a - b;
        };
      this.order = this.order.slice().sort(compare);
      const kept = new Set(this.shown);
      this.shown = kept.size === this.order.length ? this.order : this.order.filter((row) => kept.has(row));
      this.heads.forEach((head, index) => {
        const isSorted = index === place;
        head.setAttribute("aria-sort", isSorted ? (isDescending ? "descending" : "ascending") : "none");
        head.firstChild.textContent =
          this.columns[index].title + (isSorted ? (isDescending ? " ▼" : " ▲") : "");
      });
      this.current = 0;
      this.scroller.scrollTop = 0;
    }

    /** Gives a column other texts: those of the plan that was chosen. */
    setColumn(place, texts) {
      this.data.columns[place].texts = texts;
      this.words = null;
      this.refresh();
    }

    refresh() {
      this.first = -1;
      this.table.setAttribute("aria-rowcount", String(this.shown.length + 1));
      const all = this.data.rowCount;
      this.count.textContent = this.shown.length === all
        ? grouped(all) + " " + this.data.noun
        : grouped(this.shown.length) + " of " + grouped(all) + " " + this.data.noun;
      this.draw();
    }

    draw() {
      const visible = Math.ceil((this.scroller.clientHeight || 600) / rowHeight);
      const top = Math.floor(this.scroller.scrollTop / rowHeight);
      // Moving by half the overscan redraws a few times a second only.
      const step = overscan / 2;
      const first = Math.max(0, Math.floor((top - overscan) / step) * step);
      const last = Math.min(this.shown.length, first + visible + 3 * overscan);
      if (first === this.first && last === this.last) return;
      this.first = first;
      this.last = last;
      this.fill(first, last);
    }

    fill(first, last) {
      const focused = this.body.contains(document.activeElement);
      this.above.firstChild.style.height = first * rowHeight + "px";
      this.below.firstChild.style.height = (this.shown.length - last) * rowHeight + "px";
      const rows = [this.above];
      for (let place = first; place < last; place += 1) rows.push(this.row(place));
      rows.push(this.below);
      this.body.replaceChildren(...rows);
      if (focused) this.focus();
    }

    /** Puts the first rows on paper, and says where that is not all. */
    print() {
      const last = Math.min(this.shown.length, printedRows);
      this.fill(0, last);
      this.below.firstChild.style.height = "0";
      if (last < this.shown.length) {
        this.count.textContent =
          "the first " + grouped(last) + " of " + grouped(this.shown.length) + " " + this.data.noun;
      }
    }

    row(place) {
      const index = this.shown[place];
      const row = element("tr", {
        class: "data", "aria-rowindex": String(place + 2), "aria-selected": String(index === this.chosen),
        tabindex: place === this.current ? "0" : "-1",
      });
      row.dataset.row = String(index);
      row.dataset.place = String(place);
      this.columns.forEach((column, number) => {
        const text = column.texts[index];
        const kind = (column.numeric ? "number" : "") + " priority" + column.priority
          + (text === "unknown" ? " unknown" : "");
        const cell = element(number === 0 ? "th" : "td", { class: kind.trim() }, text);
        if (number === 0) cell.setAttribute("scope", "row");
        if (text.length > 24) cell.title = text;
        row.append(cell);
      });
      return row;
    }

    focus() {
      const row = this.body.querySelector('tr[data-place="' + this.current + '"]');
      if (row) row.focus({ preventScroll: true });
    }

    /** Moves the keyboard to a row that is shown. */
    moveTo(place) {
      if (this.shown.length === 0) return;
      this.current = Math.max(0, Math.min(this.shown.length - 1, place));
      this.reveal(this.current);
      this.first = -1;
      this.draw();
      this.focus();
    }

    reveal(place) {
      const top = place * rowHeight;
      const height = this.scroller.clientHeight - 2 * rowHeight;
      if (top < this.scroller.scrollTop) {
        this.scroller.scrollTop = top;
      } else if (top > this.scroller.scrollTop + height) {
        this.scroller.scrollTop = top - height;
      }
    }

    key(event) {
      const page = Math.max(1, Math.floor(this.scroller.clientHeight / rowHeight) - 2);
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
      if (event.key in steps) this.moveTo(this.current + steps[event.key]);
      else if (event.key === "Home") this.moveTo(0);
      else if (event.key === "End") this.moveTo(this.shown.length - 1);
      else if (event.key === "Enter" || event.key === " ") this.choose(this.shown[this.current], true);
      else return;
      event.preventDefault();
    }

    /** Marks a row; `tells` lets the graph follow. */
    choose(row, tells) {
      this.chosen = row;
      let place = this.shown.indexOf(row);
      if (place < 0) {
        // A search hides it: what was asked for matters more.
        this.shown = this.order;
        place = this.shown.indexOf(row);
      }
      this.current = place;
      this.reveal(place);
      this.refresh();
      if (tells) this.onChoose(row);
    }
  }

  // MARK: The graph

  /** Pans and zooms the picture by its view box, which keeps its lines sharp. */
  class Graph {
    constructor(viewport, onChoose) {
      this.viewport = viewport;
      this.svg = viewport.querySelector("svg");
      this.onChoose = onChoose;
      const box = this.svg.viewBox.baseVal;
      this.whole = { x: box.x, y: box.y, width: box.width, height: box.height };
      this.nodes = Array.from(this.svg.querySelectorAll("g.node[data-operators]"));
      this.nodeOf = new Map();
      this.nodes.forEach((node) => {
        this.operators(node).forEach((index) => this.nodeOf.set(index, node));
      });
      this.chosen = null;
      this.pointers = new Map();
      this.isPending = false;
      this.svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
      this.start();
      viewport.addEventListener("pointerdown", (event) => this.down(event));
      viewport.addEventListener("pointermove", (event) => this.move(event));
      for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
        viewport.addEventListener(name, (event) => this.up(event));
      }
      viewport.addEventListener("click", (event) => this.click(event));
      viewport.addEventListener("keydown", (event) => this.key(event));
      viewport.addEventListener("wheel", (event) => {
        // The plain wheel belongs to the page.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoom(Math.exp(event.deltaY * 0.002), this.point(event));
      }, { passive: false });
      document.querySelectorAll("[data-zoom]").forEach((button) => {
        button.addEventListener("click", () => this.button(button.dataset.zoom));
      });
    }

    operators(node) {
      // Boxes that a new model lacks count the old model's operators down from -1, as the table does.
      const isOld = node.id.startsWith("old-");
      return node.dataset.operators.split(" ").filter((text) => text !== "")
        .map((text) => isOld ? -1 - Number(text) : Number(text));
    }

    /** A small graph as a whole; of a large one the beginning, at a size that can be read. */
    start() {
      const { clientWidth: width, clientHeight: height } = this.viewport;
      const scale = Math.min(width / this.whole.width, height / this.whole.height);
      if (scale >= 0.55) this.show({ ...this.whole });
      else this.readable();
    }

    readable() {
      const { clientWidth: width, clientHeight: height } = this.viewport;
      const scale = Math.min(1, Math.max(0.55, width / this.whole.width));
      const seen = { x: this.whole.x, y: this.whole.y, width: width / scale, height: height / scale };
      if (seen.width > this.whole.width) seen.x -= (seen.width - this.whole.width) / 2;
      this.show(seen);
    }

    show(box) {
      this.box = box;
      if (this.isPending) return;
      this.isPending = true;
      requestAnimationFrame(() => {
        this.isPending = false;
        const { x, y, width, height } = this.box;
        this.svg.setAttribute("viewBox", x + " " + y + " " + width + " " + height);
      });
    }

    point(event) {
      const frame = this.viewport.getBoundingClientRect();
      return { x: (event.clientX - frame.left) / frame.width, y: (event.clientY - frame.top) / frame.height };
    }

    zoom(factor, at = { x: 0.5, y: 0.5 }) {
      const { x, y, width, height } = this.box;
      const most = 4 * Math.max(this.whole.width, this.whole.height);
      const wide = Math.min(most, Math.max(60, width * factor));
      const high = height * wide / width;
      this.show({ x: x + (width - wide) * at.x, y: y + (height - high) * at.y, width: wide, height: high });
    }

    pan(right, down) {
      this.show({ ...this.box, x: this.box.x + right * this.box.width, y: this.box.y + down * this.box.height });
    }

    button(name) {
      if (name === "in") this.zoom(1 / 1.4);
      else if (name === "out") this.zoom(1.4);
      else if (name === "fit") this.show({ ...this.whole });
      else this.readable();
    }

    down(event) {
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.moved = 0;
      this.viewport.classList.add("moving");
    }

    move(event) {
      const before = this.pointers.get(event.pointerId);
      if (!before) return;
      const now = { x: event.clientX, y: event.clientY };
      const others = Array.from(this.pointers).filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      if (others.length === 1) {
        const distance = (at) => Math.hypot(at.x - others[0].x, at.y - others[0].y);
        if (distance(now) > 0) this.zoom(distance(before) / distance(now), this.point(event));
      } else if (others.length === 0 && (event.pointerType !== "touch" || event.cancelable)) {
        const scale = this.scale();
        this.show({
          ...this.box, x: this.box.x - (now.x - before.x) * scale, y: this.box.y - (now.y - before.y) * scale,
        });
      }
      this.moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      this.pointers.set(event.pointerId, now);
    }

    /** Units of the picture in a pixel. */
    scale() {
      return Math.max(this.box.width / this.viewport.clientWidth, this.box.height / this.viewport.clientHeight);
    }

    up(event) {
      this.pointers.delete(event.pointerId);
      if (this.pointers.size === 0) this.viewport.classList.remove("moving");
    }

    click(event) {
      // The end of a movement is no choice.
      if (this.moved > 6) return;
      const node = event.target.closest("g.node[data-operators]");
      if (node) this.chooseNode(node);
    }

    chooseNode(node) {
      const index = this.operators(node)[0];
      if (index === undefined) return;
      this.mark(node);
      this.onChoose(index);
    }

    mark(node) {
      if (this.chosen) this.chosen.classList.remove("chosen");
      this.chosen = node;
      node.classList.add("chosen");
    }

    /** Brings the box of an operator into the middle. */
    reveal(index) {
      const node = this.nodeOf.get(index);
      if (!node) return false;
      this.mark(node);
      const frame = node.getBBox();
      let { width, height } = this.box;
      // So small that it could not be read: come nearer.
      const scale = this.scale();
      if (scale > 1.8) { width /= scale; height /= scale; }
      this.show({
        x: frame.x + frame.width / 2 - width / 2, y: frame.y + frame.height / 2 - height / 2, width, height,
      });
      return true;
    }

    /** Pales the boxes without an operator of the set; `null` pales none. */
    filter(indices) {
      this.viewport.classList.toggle("filtered", indices !== null);
      if (indices === null) return;
      this.nodes.forEach((node) => {
        node.classList.toggle("hit", this.operators(node).some((index) => indices.has(index)));
      });
    }

    key(event) {
      const step = 0.15;
      const next = (by) => {
        if (this.nodes.length === 0) return;
        const place = this.nodes.indexOf(this.chosen);
        const node = this.nodes[(place + by + this.nodes.length) % this.nodes.length];
        this.reveal(this.operators(node)[0]);
        this.chooseNode(node);
      };
      const actions = {
        ArrowLeft: () => this.pan(-step, 0), ArrowRight: () => this.pan(step, 0),
        ArrowUp: () => this.pan(0, -step), ArrowDown: () => this.pan(0, step),
        "+": () => this.zoom(1 / 1.25), "=": () => this.zoom(1 / 1.25), "-": () => this.zoom(1.25),
        0: () => this.show({ ...this.whole }),
        n: () => next(1), p: () => next(-1),
        Enter: () => byId("operators").scrollIntoView({ block: "start" }),
      };
      const action = actions[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    }
  }

  // MARK: All together

  function showDetails(data, row) {
    const panel = byId("chosen");
    if (!panel) return;
    const list = element("dl");
    for (const column of data.columns) {
      const text = column.texts[row];
      if (text === "") continue;
      list.append(element("dt", {}, column.title), element("dd", {}, text));
    }
    const title = data.columns[1].texts[row];
    const parts = [element("h3", {}, title), list];
    const remarks = data.remarks.filter(([index]) => index === row);
    if (remarks.length > 0) {
      const notes = element("ul");
      remarks.forEach(([, text]) => notes.append(element("li", {}, text)));
      parts.push(notes);
    }
    panel.replaceChildren(...parts);
  }

  /** What a box without a row says of itself. */
  function showBox(node) {
    const panel = byId("chosen");
    const title = node && node.querySelector("title");
    if (!panel || !title) return;
    const lines = title.textContent.split("\n").filter((line) => line !== "");
    panel.replaceChildren(
      element("h3", {}, lines[0] || ""), ...lines.slice(1).map((line) => element("p", { class: "note" }, line)));
  }

  /** Points of charts are chosen by click, Enter or the space bar; `onChoose` gets the point. */
  function setUpCharts(onChoose) {
    document.querySelectorAll('.point[role="button"]').forEach((point) => {
      const section = point.closest("section");
      const choose = () => {
        section.querySelectorAll(".point.chosen").forEach((other) => other.classList.remove("chosen"));
        point.classList.add("chosen");
        section.querySelector(".choice").textContent = point.getAttribute("aria-label");
        onChoose(point);
      };
      point.addEventListener("click", choose);
      point.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      });
    });
  }

  function setUp() {
    setUpTheme();
    const data = JSON.parse(byId("data").textContent);
    const tables = new Map();
    const viewport = byId("viewport");
    const rowOf = new Map();
    let graph = null;

    /** From an operator's number to its row, wherever it was chosen. */
    const chooseOperator = (index, comesFromGraph) => {
      const table = tables.get("operators");
      const row = rowOf.get(index);
      if (!table) return;
      if (row === undefined) {
        showBox(graph && graph.nodeOf.get(index));
        return;
      }
      table.choose(row, false);
      showDetails(table.data, row);
      if (graph && !comesFromGraph) graph.reveal(index);
    };

    for (const description of data.tables) {
      const host = document.querySelector('[data-table="' + description.id + '"]');
      const isMain = description.id === "operators";
      const table = new Table(description, host, (row) => {
        const index = description.operators[row];
        if (isMain) showDetails(description, row);
        if (index === null) return;
        if (isMain) { if (graph) graph.reveal(index); } else chooseOperator(index, false);
      });
      tables.set(description.id, table);
      if (isMain) {
        description.operators.forEach((index, row) => { if (index !== null) rowOf.set(index, row); });
      }
    }
    setUpCharts((point) => {
      const table = tables.get("operators");
      const choices = data.plans && data.plans.choices[Number(point.dataset.plan)];
      if (!table || !choices || point.dataset.plan === undefined) return;
      table.setColumn(data.plans.column, choices.map((place) => data.plans.actions[place]));
    });
    if (viewport && viewport.querySelector("svg")) {
      graph = new Graph(viewport, (index) => chooseOperator(index, true));
    }

    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-operator]");
      if (!link) return;
      chooseOperator(Number(link.dataset.operator), false);
      (byId("graph") || byId("operators")).scrollIntoView({ block: "start" });
    });

    const search = byId("search");
    if (search) {
      let timer = 0;
      const run = () => {
        let text = "";
        tables.forEach((table, id) => {
          const rows = table.search(search.value);
          if (id !== "operators") return;
          const isSearching = search.value.trim() !== "";
          text = isSearching ? grouped(rows.length) + " of " + grouped(table.data.rowCount) : "";
          if (graph) {
            graph.filter(isSearching ? new Set(rows.map((row) => table.data.operators[row])) : null);
          }
        });
        announce(text);
      };
      search.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(run, 120);
      });
      search.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
          search.value = "";
          run();
        } else if (event.key === "Enter" || event.key === "ArrowDown") {
          clearTimeout(timer);
          run();
          const table = tables.get("operators");
          if (!table || table.shown.length === 0) return;
          event.preventDefault();
          byId("operators").scrollIntoView({ block: "start" });
          table.moveTo(0);
        }
      });
      document.addEventListener("keydown", (event) => {
        if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
        if (document.activeElement && document.activeElement.matches("input, textarea")) return;
        event.preventDefault();
        search.focus();
        search.select();
      });
    }

    window.addEventListener("beforeprint", () => {
      tables.forEach((table) => table.print());
      if (graph) {
        const { x, y, width, height } = graph.whole;
        graph.svg.setAttribute("viewBox", x + " " + y + " " + width + " " + height);
      }
    });
    window.addEventListener("afterprint", () => {
      tables.forEach((table) => table.refresh());
      if (graph) graph.show(graph.box);
    });
    document.documentElement.dataset.ready = "true";
    layOut(Array.from(document.querySelectorAll("section")));
  }

  /** Lays out what is below the first screen a section a frame, before anybody scrolls there. */
  function layOut(sections) {
    const section = sections.shift();
    if (!section) {
      document.documentElement.dataset.settled = "true";
      return;
    }
    requestAnimationFrame(() => {
      section.classList.add("laid-out");
      setTimeout(() => layOut(sections), 0);
    });
  }

  setUp();
})();
