//! The macro that makes the kinds of sources and of targets, each with its settings.

/// Makes an enum of kinds, and one that holds the settings of each.
macro_rules! kinds {
    ($(#[$about:meta])* $side:ident $kind:ident { $( $(#[$doc:meta])* $name:ident($settings:ty), )* }) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
            strum::VariantNames,
        )]
        pub enum $kind { $( $(#[$doc])* $name, )* }

        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $side { $( $(#[$doc])* $name($settings), )* }

        impl SettingType for $kind {
            const VALUES: Values = Values::Choice(<Self as strum::VariantNames>::VARIANTS);
        }

        impl $kind {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )* ];

            /// Whether the setting is one of its own.
            pub fn has(self, setting: &Setting) -> bool {
                let mut found = false;
                let visit: &mut dyn FnMut(&'static Setting) = &mut |one| found |= one.name == setting.name;
                match self { $( Self::$name => <$settings>::each(visit), )* }
                found
            }

            pub(super) fn read(self, reader: &mut Reader<'_>) -> Option<$side> {
                match self { $( Self::$name => <$settings>::read(reader).map($side::$name), )* }
            }
        }

        impl $side {
            /// Which one it is.
            pub fn kind(&self) -> $kind {
                match self { $( Self::$name(_) => $kind::$name, )* }
            }

            pub(super) fn write(&self, writer: &mut Writer) {
                match self { $( Self::$name(settings) => settings.write(writer), )* }
            }
        }
    };
}

pub(super) use kinds;
