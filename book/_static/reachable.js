// What scrolls must be reachable by keyboard, and only then; its edge fades where more lies beyond it
// (tables, figures, code and formulas on a narrow screen).
function fer_reach() {
  for (const box of document.querySelectorAll(".cell_output, .output.text_html, pre, " +
      ".pst-scrollable-table-container, div.math, mjx-container, figure > a")) {
    const may = /auto|scroll/.test(getComputedStyle(box).overflow);
    const wide = may && box.scrollWidth > box.clientWidth + 1;
    if (wide || (may && box.scrollHeight > box.clientHeight + 1)) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
    box.onscroll = () => box.classList.toggle("more",
      wide && box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
    box.onscroll();
  }
}
addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve())
  .then(fer_reach));
addEventListener("resize", fer_reach);
addEventListener("toggle", fer_reach, true); // what is folded has no width
