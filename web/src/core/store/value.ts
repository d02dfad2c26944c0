/** A value that components can watch, for `useSyncExternalStore`. */
export class Value<T> {
  private readonly watchers = new Set<() => void>();

  constructor(private current: T) {}

  readonly get = (): T => this.current;

  set(next: T): void {
    if (Object.is(next, this.current)) return;
    this.current = next;
    for (const watcher of this.watchers) watcher();
  }

  change(edit: (value: T) => T): void {
    this.set(edit(this.current));
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
}
