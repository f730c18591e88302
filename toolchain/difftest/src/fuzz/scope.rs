//! What a point of a random function can see, and what it may still cost.

use std::fmt;

use fastrand::Rng;

use super::types::{Declarations, Type};

/// How a function takes an argument.
#[derive(Clone)]
pub enum Parameter {
    /// by value
    Value(Type),
    /// as `&mut`
    Exclusive(Type),
    /// as a slice of the type
    Slice(Type),
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Parameter::Value(ty) => write!(f, "{ty}"),
            Parameter::Exclusive(ty) => write!(f, "&mut {ty}"),
            Parameter::Slice(ty) => write!(f, "&[{ty}]"),
        }
    }
}

/// A function that later ones may call.
#[derive(Clone)]
pub struct Signature {
    /// its name
    pub name: String,
    /// its parameters
    pub parameters: Vec<Parameter>,
    /// what it returns
    pub result: Type,
    /// about how many operations a call takes
    pub cost: u64,
}

impl Signature {
    /// The types of its parameters, as a function pointer spells them.
    pub fn parameter_types(&self) -> String {
        let types: Vec<_> = self.parameters.iter().map(ToString::to_string).collect();
        types.join(", ")
    }
}

/// A place that holds a value: a variable, or a part of one.
#[derive(Clone)]
pub struct Place {
    /// how it is written
    pub text: String,
    /// its type
    pub ty: Type,
    /// whether it may be assigned to
    pub mutable: bool,
}

/// The variables that are visible, and the operations that are left.
#[derive(Clone)]
pub struct Scope {
    places: Vec<Place>,
    /// the slices in sight: name and element type
    pub slices: Vec<(String, Type)>,
    /// how many operations the function may still take
    pub budget: u64,
    /// how often the current point is run at most
    pub repeats: u64,
}

impl Scope {
    /// Nothing is visible yet.
    pub fn new(budget: u64) -> Scope {
        Scope { places: Vec::new(), slices: Vec::new(), budget, repeats: 1 }
    }

    /// A variable comes into sight, and with it its parts.
    pub fn declare(&mut self, declarations: &Declarations, text: &str, ty: &Type, mutable: bool) {
        self.places.push(Place { text: text.to_owned(), ty: ty.clone(), mutable });
        match ty {
            Type::Array(element, len) => {
                for index in [0, len - 1] {
                    let element_text = format!("{text}[{index}]");
                    self.declare(declarations, &element_text, element, mutable);
                }
            }
            Type::Pair(first, second) => {
                self.declare(declarations, &format!("{text}.0"), first, mutable);
                self.declare(declarations, &format!("{text}.1"), second, mutable);
            }
            Type::Struct(number) => {
                for (index, field) in declarations.structs[*number].iter().enumerate() {
                    self.declare(declarations, &format!("{text}.f{index}"), field, mutable);
                }
            }
            Type::Int { .. } | Type::Bool | Type::Option(_) | Type::Enum(_) => {}
        }
    }

    /// Some place for which `wanted` holds.
    pub fn pick(&self, rng: &mut Rng, wanted: impl Fn(&Place) -> bool) -> Option<&Place> {
        let matching: Vec<_> = self.places.iter().filter(|place| wanted(place)).collect();
        (!matching.is_empty()).then(|| matching[rng.usize(..matching.len())])
    }

    /// Takes `operations` from the budget, each run as often as this point is.
    /// `false` if so much is not left.
    pub fn spend(&mut self, operations: u64) -> bool {
        let cost = operations.saturating_mul(self.repeats);
        let affordable = cost <= self.budget;
        if affordable {
            self.budget -= cost;
        }
        affordable
    }
}
