// Filters and sorts the table of schools; without this file it is a plain table, complete and in order.
"use strict";
(() => {
  const table = document.getElementById("schools");
  if (!table) return;
  const body = table.tBodies[0];
  const original = Array.from(body.rows);
  const names = new Intl.Collator("ru", { numeric: true, ignorePunctuation: true });

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key === undefined ? cell.textContent.trim() : Number(cell.dataset.key);
  };
  const sortBy = (column, direction) => {
    const rows = direction
      ? original.slice().sort((one, other) => {
          const [a, b] = [keyOf(one, column), keyOf(other, column)];
          const found = typeof a === "number" ? a - b : names.compare(a, b);
          return direction === "ascending" ? found : -found;
        })
      : original;
    body.append(...rows);
  };
  // First click: numbers from the largest, words from «А»; second: the other way round; third: the first order.
  const cycle = (isNumber, current) => {
    const order = isNumber ? ["descending", "ascending"] : ["ascending", "descending"];
    return current === null ? order[0] : current === order[0] ? order[1] : null;
  };
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isNumber = original.some((row) => row.cells[column].dataset.key !== undefined);
      const direction = cycle(isNumber, head.getAttribute("aria-sort"));
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      if (direction) head.setAttribute("aria-sort", direction);
      sortBy(column, direction);
    });
  });

  const form = document.getElementById("filters");
  if (!form) return;
  const plain = (text) => text.toLocaleLowerCase("ru").replaceAll("ё", "е").replace(/[«»„“"']/g, "");
  const count = document.getElementById("count");
  const value = (id) => document.getElementById(id)?.value ?? "";
  const show = () => {
    const words = plain(value("filter-text")).split(/\s+/).filter(Boolean);
    const area = value("filter-area");
    const status = value("filter-status");
    let shown = 0;
    for (const row of original) {
      const name = plain(row.cells[0].textContent);
      const fits =
        words.every((word) => name.includes(word)) &&
        (!area || row.dataset.area === area) &&
        (!status || row.dataset.status === status);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    const all = original.length;
    count.textContent = shown === all ? `Школ в таблице: ${all}` : `Показано школ: ${shown} из ${all}`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  form.hidden = false;
  show();
})();
