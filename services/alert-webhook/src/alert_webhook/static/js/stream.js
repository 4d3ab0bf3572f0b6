// The event stream. EventSource reconnects by itself after a break, but gives up for good after an answer such as
// 503; then a new one is made.

const RETRY_MS = 3000;
const SILENCE_MS = 15000;

export function listen(handlers) {
  let heardAt = performance.now();
  let source = open();

  function open() {
    const opened = new EventSource("/events");
    opened.onopen = () => { heardAt = performance.now(); };
    opened.onerror = () => handlers.connected(false);
    for (const name of ["snapshot", "metrics", "alert", "service"]) {
      opened.addEventListener(name, (event) => {
        heardAt = performance.now();
        // only now: a proxy may accept the connection while the service is gone
        if (name === "snapshot") handlers.connected(true);
        handlers[name](JSON.parse(event.data));
      });
    }
    return opened;
  }

  setInterval(() => {
    const isSilent = performance.now() - heardAt > SILENCE_MS;
    if (source.readyState === EventSource.CLOSED || isSilent) {
      handlers.connected(false);
      source.close();
      heardAt = performance.now();
      source = open();
    }
  }, RETRY_MS);
}
