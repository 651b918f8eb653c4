(function () {
  "use strict";
  var root = document.documentElement, button = document.getElementById("theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function kept() {
    try { return window.localStorage.getItem("foldwise-theme"); } catch (refused) { return null; }
  }
  function keep(theme) {
    try { window.localStorage.setItem("foldwise-theme", theme); } catch (refused) { return; }
  }
  function dark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : system.matches;
  }
  function label() { button.textContent = dark() ? "Light" : "Dark"; }
  var before = kept();
  if (before === "dark" || before === "light") { root.setAttribute("data-theme", before); }
  button.hidden = false;
  label();
  button.addEventListener("click", function () {
    var next = dark() ? "light" : "dark";
    root.setAttribute("data-theme", next);
    keep(next);
    label();
  });
  system.addEventListener("change", label);
}());
