// The event stream. It begins with a snapshot, and only that shows that it works: a proxy may accept the connection
// while the service is gone. EventSource reconnects by itself after a break, but gives up for good after an answer
// such as 503; then a new one is made.

const RETRY_MS = 3000;
const SILENCE_MS = 15000;
const EVENTS = ["snapshot", "metrics", "alert", "service", "registry", "challenger"];

export function listen(handlers) {
  let heardAt = performance.now();
  let source = open();

  function open() {
    const opened = new EventSource("/events");
    opened.onopen = () => { heardAt = performance.now(); };
    opened.onerror = () => handlers.lost();
    for (const name of EVENTS) {
      opened.addEventListener(name, (event) => {
        heardAt = performance.now();
        handlers[name](JSON.parse(event.data));
      });
    }
    return opened;
  }

  setInterval(() => {
    const isSilent = performance.now() - heardAt > SILENCE_MS;
    if (source.readyState === EventSource.CLOSED || isSilent) {
      handlers.lost();
      source.close();
      heardAt = performance.now();
      source = open();
    }
  }, RETRY_MS);
}
