// Loads the page's WebAssembly. A file of its own, as the content security policy allows no script in the page.
const { module, wasm } = document.querySelector('meta[name="netpol-application"]').dataset;
const within = (name) => new URL(name, document.baseURI);

try {
  const { default: start } = await import(within(module));
  await start({ module_or_path: within(wasm) });
} catch (error) {
  const note = document.createElement("p");
  note.setAttribute("role", "alert");
  note.textContent = `The playground could not start: ${error?.message ?? error}`;
  document.body.append(note);
  throw error;
}
