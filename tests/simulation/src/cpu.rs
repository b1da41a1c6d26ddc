//! The resources that this process uses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of this thread so far.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The highest resident memory of this process, in bytes (`VmHWM`, proc(5)). `None` if there is no
/// such file.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Sums the processor time of the fakes, which is not the poller's. Reading it is a system call, so
/// it is only done for measured processes.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    nanoseconds: AtomicU64,
    unwanted: bool,
}

impl Apart {
    /// One that measures nothing.
    pub(crate) fn unwanted() -> Self {
        Self {
            unwanted: true,
            ..Self::default()
        }
    }

    /// Does work whose time does not count as the poller's.
    pub(crate) fn take<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.unwanted {
            return work();
        }
        let started = thread_time();
        let result = work();
        let spent = thread_time().saturating_sub(started);
        let nanoseconds = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    /// The sum.
    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }
}
