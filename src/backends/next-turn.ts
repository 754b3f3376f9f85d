/**
 * Resolves in a later turn of the event loop, in the order of the calls. A promise that is resolved at once would let
 * a loop of steps keep timers, sockets and aborts waiting for as long as it runs.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else post(resolve); // browsers: a timer there waits 4 ms once it is nested
  });
}

function post(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(null);
}
