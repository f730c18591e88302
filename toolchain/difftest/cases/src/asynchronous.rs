//! `async` code on an executor of a few lines.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt::{self, Write};
use core::future::{Future, poll_fn, ready};
use core::hint::black_box;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll, Waker};

use crate::cases;

cases![
    awaits,
    tasks_in_turn,
    channels,
    joined,
    dropped_midway,
    recursive,
    through_trait_objects,
    wakers
];

/// A future that is not ready at first.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn pause() -> Yield {
    Yield(false)
}

/// Polls until the end; the second number says how often.
fn finish<T>(future: impl Future<Output = T>) -> (T, u32) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut polls = 1;
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return (value, polls),
            Poll::Pending => polls += 1,
        }
    }
}

fn awaits(out: &mut dyn Write) -> fmt::Result {
    async fn sum(count: u32) -> u32 {
        let mut total = 0;
        for n in 0..count {
            pause().await;
            total += n;
        }
        total
    }
    let both = async {
        let first = sum(black_box(5)).await;
        let big = [first; 40];
        pause().await;
        let second = sum(first).await;
        (first, second, big.iter().sum::<u32>(), ready(7).await)
    };
    writeln!(out, "{:?}", finish(both))
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Polls tasks in turn until all have ended; the result says how often.
fn run_all(tasks: impl IntoIterator<Item = Task>) -> u32 {
    let mut queue: VecDeque<Task> = tasks.into_iter().collect();
    let mut context = Context::from_waker(Waker::noop());
    let mut polls = 0;
    while let Some(mut task) = queue.pop_front() {
        polls += 1;
        if task.as_mut().poll(&mut context).is_pending() {
            queue.push_back(task);
        }
    }
    polls
}

fn tasks_in_turn(out: &mut dyn Write) -> fmt::Result {
    let log = Rc::new(RefCell::new(String::new()));
    let task = |name: char, steps: u8| -> Task {
        let log = log.clone();
        Box::pin(async move {
            for step in 0..steps {
                log.borrow_mut().push(name);
                if step % 2 == 0 {
                    pause().await;
                }
            }
            log.borrow_mut().push(name.to_ascii_uppercase());
        })
    };
    let polls = run_all([task('a', 3), task('b', 6), task('c', black_box(1))]);
    writeln!(out, "{} {polls}", log.borrow())
}

fn channels(out: &mut dyn Write) -> fmt::Result {
    let queue = Rc::new(RefCell::new(VecDeque::new()));
    let result = Rc::new(RefCell::new(Vec::new()));
    let (sender, receiver, sink) = (queue.clone(), queue, result.clone());
    let produce: Task = Box::pin(async move {
        for n in 1..=black_box(10u64) {
            poll_fn(|_| if sender.borrow().len() < 3 { Poll::Ready(()) } else { Poll::Pending })
                .await;
            sender.borrow_mut().push_back(Some(n * n));
        }
        sender.borrow_mut().push_back(None);
    });
    let consume: Task = Box::pin(async move {
        while let Some(value) =
            poll_fn(|_| receiver.borrow_mut().pop_front().map_or(Poll::Pending, Poll::Ready)).await
        {
            sink.borrow_mut().push(value);
            pause().await;
        }
    });
    let polls = run_all([consume, produce]);
    writeln!(out, "{:?} {polls}", result.borrow())
}

/// Both results, the futures polled alternately.
async fn join<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut a, mut b) = (None, None);
    poll_fn(|context| {
        if a.is_none()
            && let Poll::Ready(value) = first.as_mut().poll(context)
        {
            a = Some(value);
        }
        if b.is_none()
            && let Poll::Ready(value) = second.as_mut().poll(context)
        {
            b = Some(value);
        }
        match (a.take(), b.take()) {
            (Some(x), Some(y)) => Poll::Ready((x, y)),
            (x, y) => {
                (a, b) = (x, y);
                Poll::Pending
            }
        }
    })
    .await
}

fn joined(out: &mut dyn Write) -> fmt::Result {
    let countdown = |mut n: u8| async move {
        while n > 0 {
            n -= 1;
            pause().await;
        }
        alloc::format!("{n}")
    };
    let all = join(countdown(black_box(4)), join(countdown(9), async { 1u128 << 100 }));
    writeln!(out, "{:?}", finish(all))
}

fn dropped_midway(out: &mut dyn Write) -> fmt::Result {
    struct Noted<'a>(&'a RefCell<Vec<u8>>, u8);
    impl Drop for Noted<'_> {
        fn drop(&mut self) {
            self.0.borrow_mut().push(self.1);
        }
    }
    let log = RefCell::new(Vec::new());
    {
        let mut future = Box::pin(async {
            let _first = Noted(&log, 1);
            pause().await;
            let _second = Noted(&log, black_box(2));
            pause().await;
            drop(Noted(&log, 3));
        });
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            assert!(future.as_mut().poll(&mut context).is_pending());
        }
    }
    writeln!(out, "{:?}", log.borrow())
}

fn recursive(out: &mut dyn Write) -> fmt::Result {
    fn walk(depth: u32) -> Pin<Box<dyn Future<Output = u64>>> {
        Box::pin(async move {
            if depth == 0 {
                pause().await;
                return 1;
            }
            walk(depth - 1).await * 2 + walk(depth / 2).await
        })
    }
    writeln!(out, "{:?}", finish(walk(black_box(7))))
}

trait Service {
    fn call<'a>(
        &'a self,
        request: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<usize, String>> + 'a>>;
}

struct Length;
struct Refuse(u8);

impl Service for Length {
    fn call<'a>(
        &'a self,
        request: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<usize, String>> + 'a>> {
        Box::pin(async move {
            pause().await;
            Ok(request.len())
        })
    }
}

impl Service for Refuse {
    fn call<'a>(
        &'a self,
        request: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<usize, String>> + 'a>> {
        Box::pin(async move { Err(alloc::format!("{request} refused by {}", self.0)) })
    }
}

fn through_trait_objects(out: &mut dyn Write) -> fmt::Result {
    let services: [&dyn Service; 3] = black_box([&Length, &Refuse(3), &Length]);
    let all = async {
        let mut results = Vec::new();
        for (service, request) in services.iter().zip(["one", "two", "three"]) {
            results.push(service.call(request).await);
        }
        let total: Result<usize, &String> =
            results.iter().map(Result::as_ref).map(|r| r.copied()).sum();
        alloc::format!("{total:?} {results:?}")
    };
    writeln!(out, "{:?}", finish(all))
}

/// Counts how often it is woken.
#[derive(Default)]
struct Counter(AtomicU32);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn wakers(out: &mut dyn Write) -> fmt::Result {
    let counter = Arc::new(Counter::default());
    let waker = Waker::from(counter.clone());
    let mut future = pin!(async {
        pause().await;
        pause().await;
    });
    let mut context = Context::from_waker(&waker);
    let states = [(); 3].map(|()| future.as_mut().poll(&mut context).is_ready());
    let same = waker.will_wake(&waker.clone());
    waker.clone().wake();
    writeln!(
        out,
        "{states:?} {same} {} {}",
        counter.0.load(Ordering::Relaxed),
        Arc::strong_count(&counter)
    )
}
