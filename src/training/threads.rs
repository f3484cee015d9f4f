//! The threads that reading, training and measuring share.

use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// A pool of threads. They end with its last clone.
///
/// Results come in the order of the items, so how many threads there are changes none.
#[derive(Debug, Clone)]
pub struct Threads {
    pool: Arc<ThreadPool>,
}

/// The threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("could not start {n_threads} threads")]
pub struct ThreadsError {
    n_threads: usize,
    source: ThreadPoolBuildError,
}

impl Threads {
    /// A pool of `n_threads` threads, at least one.
    ///
    /// # Errors
    /// If the system starts no more threads.
    pub fn new(n_threads: usize) -> Result<Self, ThreadsError> {
        let pool = ThreadPoolBuilder::new().num_threads(n_threads.max(1)).build();
        Ok(Self { pool: Arc::new(pool.map_err(|source| ThreadsError { n_threads, source })?) })
    }

    /// A pool of a thread for each core that this process may use.
    ///
    /// # Errors
    /// If the system starts no more threads.
    pub fn on_all_cores() -> Result<Self, ThreadsError> {
        Self::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    }

    /// How many threads there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// The results of `work` on each item, in the order of the items. Each thread takes the next item when it is done
    /// with one.
    ///
    /// # Panics
    /// If `work` does.
    pub fn map<I, T>(&self, items: I, work: impl Fn(I::Item) -> T + Sync + Send) -> Vec<T>
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator> + Send,
        T: Send,
    {
        self.pool.install(|| items.into_par_iter().with_max_len(1).map(work).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::training::threads::Threads;

    #[test]
    fn results_come_in_the_order_of_the_items_on_any_number_of_threads() {
        let expected: Vec<usize> = (0..1000).map(|item| item * item).collect();
        for n_threads in [0, 1, 2, 7] {
            let threads = Threads::new(n_threads).unwrap();
            assert_eq!(threads.count(), n_threads.max(1));
            assert_eq!(threads.map(0..1000, |item| item * item), expected);
            let mut items = [1, 2, 3];
            threads.map(&mut items, |item| *item += 1);
            assert_eq!(items, [2, 3, 4]);
        }
    }
}
