/* Small repairs to the theme for keyboard, screen reader, print and reading from a file. Each says what it mends. */
"use strict";

// Search results opened from a file cannot fetch the pages they summarise; the list of links works without summaries.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

const all = (selector) => [...document.querySelectorAll(selector)];

// What scrolls sideways must be reachable by keyboard; what does not should not be a stop on the way. The theme does
// this for code and tables only, and a third of a second late.
const SCROLLING = "article pre, mjx-container[display=true], .pst-scrollable-table-container, .cell_output > .output";
function markScrolling() {
  for (const box of all(SCROLLING)) box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1;
}

function repair() {
  // Icons are drawn as letters of a private font: nothing to read aloud.
  for (const icon of all("i[class*='fa-'], span[class*='fa-']")) icon.setAttribute("aria-hidden", "true");

  // The theme takes the focus off these buttons when they are used, to hide their tooltips. That is right for a click of
  // a mouse (detail 1), but it throws a keyboard user (detail 0) back to the top of the page.
  for (const button of all(".theme-switch-button, .search-button, .primary-toggle, .secondary-toggle"))
    button.addEventListener("click", (event) => event.detail === 0 && button.focus());

  // The label "Toggle hidden content" hides the better text of the fold itself ("Show code cell source").
  for (const summary of all("summary[aria-label]")) summary.removeAttribute("aria-label");

  // All folded solutions had the same name, "Toggle hidden content".
  for (const button of all(".toggle-button"))
    button.setAttribute("aria-label", `${button.parentElement.textContent.trim()}: show or hide`);

  // docutils gives every work cited a role that ARIA has deprecated; as entries of the list they are well described.
  for (const work of all("[role=doc-biblioentry]")) work.setAttribute("role", "listitem");

  // The download menu opened sources in a new tab.
  for (const link of all(".dropdown-download-buttons a")) {
    link.removeAttribute("target");
    link.download = "";
  }

  markScrolling();
  window.addEventListener("resize", markScrolling);
  window.MathJax?.startup?.promise?.then(markScrolling);
}

// On paper nothing is folded and nothing is dark; afterwards the page is as it was.
let closed = [];
let theme;
window.addEventListener("beforeprint", () => {
  closed = all("article details:not([open])");
  for (const fold of closed) fold.open = true;
  theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  for (const fold of closed) fold.open = false;
  document.documentElement.dataset.theme = theme;
});

window.addEventListener("load", repair);
