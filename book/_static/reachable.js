// What scrolls must be reachable by keyboard, and only then (tables, formulas on a narrow screen).
function fer_reach() {
  for (const box of document.querySelectorAll(
      ".cell_output, .output.text_html, .pst-scrollable-table-container, div.math, mjx-container"))
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1)
      box.tabIndex = 0;
    else box.removeAttribute("tabindex");
}
addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve())
  .then(fer_reach));
addEventListener("resize", fer_reach);
