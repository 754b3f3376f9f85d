/** A test runner that runs nothing and notes what is registered with it. */
export function recordingRunner() {
  const registered: string[] = [];
  const runner = {
    describe: (name: string, body: () => void) => {
      registered.push(name);
      body();
    },
    it: (name: string) => registered.push(name),
  };
  return { runner, registered };
}
