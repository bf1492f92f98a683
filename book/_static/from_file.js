// From a file a browser loads no modules: there all of the page's scripts come as one (book/_ext/one_script.py).
if (location.protocol === "file:") {
  const script = document.createElement("script");
  script.src = new URL("one_script.js", document.currentScript.src).href;
  document.head.append(script);
}
