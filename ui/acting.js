// What a page of HTML cannot do by itself: buttons on cards, and a key that goes to the box.

export default function ({ setTriggerValue }) {
  const ending = new AbortController();
  const signal = ending.signal;
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".ct-card [data-act]");
    if (button) setTriggerValue(button.dataset.act, Number(button.dataset.passage));
  }, { signal });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.querySelector(".st-key-q input");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  }, { signal });
  // Buttons show once somebody listens to them.
  document.body.dataset.ctActing = "1";
  return () => {
    ending.abort();
    delete document.body.dataset.ctActing;
  };
}
