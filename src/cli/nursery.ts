// Keeps V8's nursery from growing without use.
import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Below this the nursery is emptied so often that it costs time; above, it only takes memory: the garbage of a long run is one entry's. */
const enoughBytes = 16 << 20;

/** Lets the nursery grow to what is useful, and no further: it would take more than 100 MB. */
export function boundNursery(): void {
  const observer = new PerformanceObserver(() => {
    const nursery = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    if (nursery === undefined || nursery.space_size < enoughBytes) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}
