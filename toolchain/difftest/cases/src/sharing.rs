//! Shared ownership and interior mutability.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::rc::{Rc, Weak};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, LazyCell, OnceCell, Ref, RefCell};
use core::fmt::{self, Write};
use core::hint::black_box;

use crate::cases;

cases![
    counts,
    tree_with_parents,
    observers,
    copies_on_write,
    cows,
    dynamic_borrows,
    cells,
    lazy_values,
    unsized_pointers,
    cyclic_construction,
    boxed_list,
    leaked,
];

fn counts(out: &mut dyn Write) -> fmt::Result {
    let first = Rc::new(black_box(String::from("shared")));
    let second = Rc::clone(&first);
    let weak = Rc::downgrade(&second);
    let during = (Rc::strong_count(&first), Rc::weak_count(&first), Rc::ptr_eq(&first, &second));
    let failed = Rc::try_unwrap(first).map_err(|rc| rc.len());
    let owned = Rc::into_inner(second);
    writeln!(out, "{during:?} {failed:?} {owned:?} {:?}", weak.upgrade())
}

#[derive(Debug)]
struct Node {
    name: &'static str,
    parent: RefCell<Weak<Node>>,
    children: RefCell<Vec<Rc<Node>>>,
}

impl Node {
    fn new(name: &'static str) -> Rc<Node> {
        Rc::new(Node { name, parent: RefCell::default(), children: RefCell::default() })
    }

    fn adopt(self: &Rc<Self>, child: Rc<Node>) {
        *child.parent.borrow_mut() = Rc::downgrade(self);
        self.children.borrow_mut().push(child);
    }

    fn path(&self) -> String {
        let above = self.parent.borrow().upgrade().map(|parent| parent.path());
        above.unwrap_or_default() + "/" + self.name
    }

    fn depth(&self) -> usize {
        1 + self.children.borrow().iter().map(|child| child.depth()).max().unwrap_or(0)
    }
}

fn tree_with_parents(out: &mut dyn Write) -> fmt::Result {
    let [root, a, b, c] = black_box(["root", "a", "b", "c"]).map(Node::new);
    a.adopt(b.clone());
    root.adopt(a);
    b.adopt(c.clone());
    let path = c.path();
    let depth = root.depth();
    drop(root);
    writeln!(
        out,
        "{path} {depth} {} {:?}",
        c.path(),
        c.parent.borrow().upgrade().map(|node| node.name)
    )
}

fn observers(out: &mut dyn Write) -> fmt::Result {
    type Observer = Box<dyn Fn(i32)>;
    let log = Rc::new(RefCell::new(Vec::new()));
    let total = Rc::new(Cell::new(0i64));
    let observers: [Observer; 2] = [
        Box::new({
            let log = log.clone();
            move |value| log.borrow_mut().push(value)
        }),
        Box::new({
            let total = total.clone();
            move |value| total.set(total.get() * 10 + i64::from(value))
        }),
    ];
    for value in black_box([3, -1, 4]) {
        observers.iter().for_each(|observer| observer(value));
    }
    drop(observers);
    writeln!(out, "{:?} {} {}", log.borrow(), total.get(), Rc::strong_count(&log))
}

fn copies_on_write(out: &mut dyn Write) -> fmt::Result {
    let mut first = Arc::new(black_box(vec![1u8, 2]));
    Arc::make_mut(&mut first).push(3);
    let mut second = Arc::clone(&first);
    Arc::make_mut(&mut second).push(4);
    let exclusive = Arc::get_mut(&mut first).map(|vector| vector.len());
    let third = second.clone();
    let shared = Arc::get_mut(&mut second).is_none();
    writeln!(out, "{first:?} {second:?} {exclusive:?} {shared} {}", Arc::strong_count(&third))
}

fn cows(out: &mut dyn Write) -> fmt::Result {
    fn tidy(text: &str) -> Cow<'_, str> {
        if text.contains("  ") {
            Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
        } else {
            Cow::Borrowed(text.trim())
        }
    }
    for text in black_box(["fine ", "not   fine", ""]) {
        let tidied = tidy(text);
        write!(out, "{tidied:?} {} ", matches!(tidied, Cow::Borrowed(_)))?;
    }
    let mut numbers: Cow<[u16]> = Cow::Borrowed(&[1, 2, 3]);
    numbers.to_mut()[1] = 20;
    writeln!(out, "{numbers:?} {:?}", tidy("a").into_owned() + tidy("b  c").as_ref())
}

fn dynamic_borrows(out: &mut dyn Write) -> fmt::Result {
    let cell = RefCell::new(black_box([1u32, 2, 3]));
    let first = cell.borrow();
    let second = Ref::map(cell.borrow(), |array| &array[2]);
    let refused = (cell.try_borrow_mut().is_err(), cell.try_borrow().is_ok());
    let sum = first[0] + *second;
    drop((first, second));
    cell.borrow_mut()[1] = sum;
    let old = cell.replace([7; 3]);
    writeln!(
        out,
        "{refused:?} {old:?} {:?} {:?}",
        cell,
        cell.try_borrow_mut().map(|array| array[0].wrapping_sub(8))
    )
}

fn cells(out: &mut dyn Write) -> fmt::Result {
    let wide = Cell::new(black_box((1u8, -1i128)));
    let swapped = Cell::new((9, 9));
    wide.swap(&swapped);
    let mut bytes = [1u8, 2, 3, 4];
    let shared = Cell::from_mut(&mut bytes[..]).as_slice_of_cells();
    for pair in shared.windows(2) {
        pair[1].set(pair[0].get().wrapping_mul(3) ^ pair[1].get());
    }
    writeln!(out, "{wide:?} {:?} {bytes:?}", swapped.replace((0, 0)))
}

fn lazy_values(out: &mut dyn Write) -> fmt::Result {
    let computed = Cell::new(0);
    let lazy = LazyCell::new(|| {
        computed.set(computed.get() + 1);
        black_box(7u64).pow(20)
    });
    let before = computed.get();
    let twice = *lazy ^ (*lazy >> 1);
    let once: OnceCell<String> = OnceCell::new();
    let set = (
        once.get().is_none(),
        once.set("a".into()),
        once.set("b".into()),
        once.get_or_init(String::new).len(),
    );
    writeln!(out, "{before} {} {twice} {set:?}", computed.get())
}

fn unsized_pointers(out: &mut dyn Write) -> fmt::Result {
    let text: Rc<str> = black_box("slim").into();
    let words: Rc<[u16]> = (0..black_box(5u16)).map(|n| n * 3).collect();
    let shown: Vec<Rc<dyn fmt::Debug>> =
        vec![Rc::new(text.clone()), Rc::new(2.5f32), Rc::new(words.clone())];
    let arc: Arc<[String]> = vec![String::from("a"); 2].into();
    let boxed: Box<dyn Fn(&str) -> usize> = Box::new(str::len);
    writeln!(out, "{text} {words:?} {shown:?} {arc:?} {} {}", boxed(&text), size_of_val(&*words))
}

struct Ring {
    own: Weak<Ring>,
    value: u32,
}

fn cyclic_construction(out: &mut dyn Write) -> fmt::Result {
    let ring = Rc::new_cyclic(|own| Ring { own: own.clone(), value: black_box(5) });
    let again = ring.own.upgrade().and_then(|same| same.own.upgrade());
    writeln!(
        out,
        "{:?} {} {}",
        again.map(|ring| ring.value),
        Rc::strong_count(&ring),
        Rc::weak_count(&ring)
    )
}

/// A list of boxes, turned around by moving them.
#[derive(Debug)]
struct Link(u8, Option<Box<Link>>);

fn boxed_list(out: &mut dyn Write) -> fmt::Result {
    let list = (0..black_box(6)).fold(None, |next, n| Some(Box::new(Link(n, next))));
    let mut rest = list;
    let mut turned = None;
    while let Some(mut link) = rest {
        rest = link.1.take();
        link.1 = turned;
        turned = Some(link);
    }
    let mut slot = &mut turned;
    while let Some(link) = slot {
        link.0 = link.0.wrapping_mul(50);
        slot = &mut link.1;
    }
    writeln!(out, "{turned:?}")
}

fn leaked(out: &mut dyn Write) -> fmt::Result {
    let leaked: &'static mut [u64] = vec![black_box(1); 3].leak();
    leaked[1] = 1 << 50;
    let forgotten = core::mem::ManuallyDrop::new(String::from("kept"));
    writeln!(out, "{leaked:?} {}", forgotten.len())
}
