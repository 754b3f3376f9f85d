"""Words and facts of the small invented world that the corpus talks about.

Everything here is plain data. Strings may hold two kinds of markup that
corpus.py expands: {a|b|c} picks one alternative, <key> looks a word up.
"""

GIRLS = """Lila Nora Poppy Rosa Ella Mina Ivy Hazel Tilda Clara June Maya Edie Flora
Greta Hanna Iris Kira Lotte Maud Olive Pia Ruth Stella Vera Willa Zoe Anna""".split()
BOYS = """Tom Finn Sam Max Ben Otto Leo Hugo Jonas Karl Milo Ned Oscar Pip Rory Simon
Theo Victor Walt Emil Felix Gus Henry Jasper Luca Noah Peter Arlo""".split()
SYLLABLES_A = "Bel Tor Mir Kal Lor Ren Sil Dan Fen Gar Hol Jas Mar Nev Or Per Quin Ros Tam Vel Wil Zan El Ash Cor Bri Da Lu So Ti".split()
SYLLABLES_B = "a en in or i a lo ri na do mi vi ka be to ne".split()
SYLLABLES_C = "n l s ra na th m lin den bel ric la sa ta wen vin mar dor ley".split()

# name, pronoun set, job, home, short facts. These people are always the same.
RESIDENTS = [
    (
        "Mara",
        "f",
        "lighthouse keeper",
        "the old lighthouse",
        [
            "lights the great lamp every evening",
            "writes the weather in a blue book",
            "has a grey cat called Pebble",
            "can name every ship that passes the bay",
            "climbs one hundred and twenty steps each night",
        ],
    ),
    (
        "Tobin",
        "m",
        "baker",
        "the bakery by the bridge",
        [
            "gets up before the sun to light the oven",
            "makes the best honey buns in Brindle Bay",
            "gives the last roll of the day to the ducks",
            "sings while he kneads the dough",
            "never writes his recipes down",
        ],
    ),
    (
        "Ada",
        "f",
        "librarian",
        "the little library on the square",
        [
            "remembers the name of every reader",
            "mends torn books with thin paper and glue",
            "reads to the children on rainy days",
            "keeps a pot of tea behind the desk",
            "knows where every book belongs",
        ],
    ),
    (
        "Osric",
        "m",
        "clockmaker",
        "the workshop under the clock tower",
        [
            "winds the great clock every Monday",
            "has eleven clocks in his kitchen",
            "can hear when a clock is one minute late",
            "repairs broken toys without asking for money",
            "wears a small glass over one eye",
        ],
    ),
    (
        "Nell",
        "f",
        "farmer",
        "the farm on Lantern Hill",
        [
            "grows apples, beans and pumpkins",
            "has a stubborn donkey called Biscuit",
            "sells eggs at the market",
            "can tell the weather from the clouds",
            "whistles to call her sheep",
        ],
    ),
    (
        "Captain Ives",
        "m",
        "ferryman",
        "the white house at the harbour",
        [
            "sails the ferry to Gull Island twice a day",
            "calls his boat the Blue Heron",
            "tells long stories about short journeys",
            "has never lost a hat to the wind",
            "shares his lunch with the gulls",
        ],
    ),
    (
        "Miss Juno",
        "f",
        "teacher",
        "the yellow school",
        [
            "teaches the children to read the stars",
            "brings a new plant to class every spring",
            "lets the class sing when it rains",
            "keeps chalk in every pocket",
            "never forgets a birthday",
        ],
    ),
    (
        "Wren",
        "f",
        "post rider",
        "the small house behind the post office",
        [
            "brings the letters on a red bicycle",
            "knows every door in the village",
            "rings her bell twice when there is good news",
            "rides even in the snow",
            "carries dog biscuits in her bag",
        ],
    ),
    (
        "Bram",
        "m",
        "miller",
        "the windmill near the river",
        [
            "grinds the wheat into soft white flour",
            "always has flour in his beard",
            "waits for the wind with a cup of coffee",
            "plays the fiddle at every feast",
            "keeps owls in the roof to chase the mice",
        ],
    ),
    (
        "Sela",
        "f",
        "weaver",
        "the blue house on Mill Lane",
        [
            "weaves blankets in the colours of the sea",
            "dyes her wool with berries and bark",
            "can make a scarf in a single evening",
            "teaches anyone who wants to learn",
            "hangs her cloth across the lane to dry",
        ],
    ),
    (
        "Doctor Lind",
        "m",
        "doctor",
        "the house with the green door",
        [
            "visits the sick in any weather",
            "keeps peppermints for brave children",
            "grows herbs in wooden boxes",
            "plays chess with the clockmaker on Fridays",
            "laughs so loudly that people feel better",
        ],
    ),
    (
        "Ivo",
        "m",
        "fisherman",
        "the hut at the end of the pier",
        [
            "goes out before dawn in a small green boat",
            "mends his nets in the afternoon",
            "throws the smallest fish back into the sea",
            "smells of salt and smoke",
            "can tie a knot with one hand",
        ],
    ),
]

PLACES = {  # place: (preposition, adjectives, details that are true of it, what people do there)
    "lighthouse": (
        "at",
        ["old", "tall", "white", "quiet", "red and white"],
        [
            "its lamp can be seen from far across the water",
            "the stairs go round and round like a shell",
            "the walls are thick enough to keep out any storm",
            "a grey cat sleeps on the window sill",
            "the paint is a little faded on the side that faces the sea",
            "gulls rest on the iron rail at the top",
        ],
        ["watch the ships", "listen to the waves", "count the stars", "wait for the fog to lift"],
    ),
    "harbour": (
        "at",
        ["busy", "little", "old", "stone"],
        [
            "the boats knock softly against the wall",
            "the air smells of salt and rope",
            "nets hang from the posts to dry",
            "fat gulls wait for their breakfast",
            "the water is green in the morning and silver in the evening",
            "the ferry leaves from the longest pier",
        ],
        ["mend their nets", "buy fresh fish", "wave to the ferry", "talk about the weather"],
    ),
    "bakery": (
        "in",
        ["warm", "small", "busy", "cosy"],
        [
            "the oven is never quite cold",
            "the smell of bread fills the whole street",
            "a brass bell rings whenever the door opens",
            "honey buns wait in a long row on the shelf",
            "the window is always white with steam",
            "a jar of biscuits stands beside the till",
        ],
        ["buy warm bread", "choose a bun", "warm their hands", "chat in the queue"],
    ),
    "library": (
        "in",
        ["quiet", "little", "dusty", "friendly"],
        [
            "the shelves reach all the way to the ceiling",
            "a ladder on wheels rolls along the wall",
            "the chairs are soft and a little worn",
            "a round window throws a circle of light on the floor",
            "there is a map of the bay above the desk",
            "the oldest book has a cover of green leather",
        ],
        ["read about far countries", "borrow books", "dream in the soft chairs", "look for answers"],
    ),
    "market": (
        "at",
        ["noisy", "colourful", "crowded", "cheerful"],
        [
            "the stalls are covered with striped cloth",
            "baskets of apples stand next to buckets of flowers",
            "someone is always playing a fiddle",
            "the cheese seller lets everyone taste a little",
            "the prices are written on small boards with chalk",
            "children run between the stalls",
        ],
        ["buy fruit and cheese", "taste the honey", "meet their friends", "look for a good price"],
    ),
    "forest": (
        "in",
        ["deep", "green", "quiet", "dark", "old"],
        [
            "the moss is as soft as a carpet",
            "the light falls through the leaves in small coins",
            "an owl lives in the hollow oak",
            "a narrow path leads to a hidden pond",
            "the oldest trees are wider than a cart",
            "mushrooms grow in circles after the rain",
        ],
        ["pick berries", "listen to the birds", "gather wood", "walk without talking"],
    ),
    "orchard": (
        "in",
        ["sunny", "old", "sweet", "wide"],
        [
            "the apple trees stand in straight rows",
            "bees hum from flower to flower",
            "ladders lean against the branches in autumn",
            "a donkey sleeps in the shade",
            "the grass is full of fallen fruit",
            "the blossom looks like snow in spring",
        ],
        ["pick apples", "rest in the shade", "fill their baskets", "hang lanterns in the trees"],
    ),
    "windmill": (
        "at",
        ["old", "creaking", "wooden", "tall"],
        [
            "its four arms turn slowly in the breeze",
            "white dust covers the floor",
            "the great stones rumble like thunder",
            "owls nest under the roof",
            "sacks of flour are piled against the wall",
            "the little door is only as high as a child",
        ],
        ["bring their wheat", "fetch flour", "watch the arms turn", "wait for the wind"],
    ),
    "river": (
        "by",
        ["slow", "clear", "winding", "cold"],
        [
            "silver fish hide under the stones",
            "a wooden bridge crosses it near the mill",
            "ducks lead their young along the bank",
            "tall reeds whisper in the wind",
            "the water is shallow enough to walk through in summer",
            "it runs down from the hill to the sea",
        ],
        ["fish for trout", "sail paper boats", "wash their blankets", "skip flat stones"],
    ),
    "beach": (
        "on",
        ["long", "windy", "sandy", "empty"],
        [
            "the sand is full of small white shells",
            "the waves draw lines and wipe them away again",
            "crabs hurry from stone to stone",
            "an old boat lies upside down above the tide",
            "driftwood is piled against the rocks",
            "you can see Gull Island on a clear day",
        ],
        ["build castles", "look for shells", "fly kites", "walk with their dogs"],
    ),
    "clock tower": (
        "at",
        ["tall", "old", "famous", "grey"],
        [
            "the bell rings twelve times at noon",
            "pigeons sit on the long hand of the clock",
            "a tiny door leads to a hundred steps",
            "the clock has never stopped in fifty years",
            "the face of the clock glows at night like a second moon",
            "the wheels inside are bigger than a table",
        ],
        ["check the time", "meet before lunch", "listen to the bell", "feed the pigeons"],
    ),
    "school": (
        "at",
        ["yellow", "small", "cheerful", "noisy"],
        [
            "the windows are full of paper stars",
            "a row of boots stands beside the door",
            "the garden has a bed of carrots",
            "a globe with a dent stands on the desk",
            "the bell is an old ship's bell",
            "there are exactly twenty desks",
        ],
        ["learn to read", "sing on Fridays", "grow carrots", "draw maps of the bay"],
    ),
    "garden": (
        "in",
        ["small", "wild", "hidden", "sunny"],
        [
            "roses climb over the wall",
            "a stone bench stands under the pear tree",
            "butterflies visit the lavender",
            "a hedgehog lives beneath the hedge",
            "the gate squeaks like a mouse",
            "there is a pond no bigger than a table",
        ],
        ["water the beans", "sit on the bench", "pull up weeds", "drink tea outside"],
    ),
    "inn": (
        "in",
        ["old", "warm", "crooked", "friendly"],
        [
            "a fire burns in the wide hearth",
            "the soup is always hot",
            "travellers hang their wet coats by the door",
            "the sign shows a sleeping fox",
            "the stairs complain under every step",
            "there is a guest book with three hundred names",
        ],
        ["eat hot soup", "tell stories", "dry their coats", "listen to the fiddle"],
    ),
}

ANIMALS = [
    "cat",
    "dog",
    "fox",
    "rabbit",
    "hedgehog",
    "duck",
    "goat",
    "donkey",
    "mouse",
    "owl",
    "squirrel",
    "badger",
    "otter",
    "frog",
    "bear",
    "gull",
    "sheep",
    "tortoise",
]
ANIMAL_ADJ = [
    "little",
    "small",
    "young",
    "clever",
    "shy",
    "curious",
    "grey",
    "brown",
    "sleepy",
    "brave",
    "hungry",
    "stubborn",
    "gentle",
    "old",
]
ANIMAL_FACT = {
    "cat": ("soft paws", "slept on the warm wall", "a bowl of milk", "meowed"),
    "dog": ("a wagging tail", "chased sticks along the beach", "a big bone", "barked"),
    "fox": ("a bushy red tail", "trotted through the fields at night", "a handful of berries", "yelped"),
    "rabbit": ("long ears", "hopped through the clover", "a fresh carrot", "squeaked"),
    "hedgehog": ("a coat of spines", "slept under the hedge all day", "a juicy pear", "snuffled"),
    "duck": ("wide yellow feet", "swam in circles on the pond", "a piece of bread", "quacked"),
    "goat": ("two short horns", "climbed on every wall", "a bunch of hay", "bleated"),
    "donkey": ("large soft ears", "carried baskets up the hill", "a sweet apple", "brayed"),
    "mouse": ("tiny quick feet", "lived behind the kitchen stove", "a crumb of cheese", "squeaked"),
    "owl": ("big round eyes", "sat in the hollow oak", "a quiet place to sleep", "hooted"),
    "squirrel": ("a fine curly tail", "hid nuts in secret places", "a handful of nuts", "chattered"),
    "badger": ("a striped face", "dug long tunnels under the hill", "a dish of mushrooms", "grunted"),
    "otter": ("sleek brown fur", "slid down the river bank", "a silver fish", "whistled"),
    "frog": ("long green legs", "sat on a leaf in the pond", "a cool shower of rain", "croaked"),
    "bear": ("thick brown fur", "slept in a cave through the winter", "a pot of honey", "growled"),
    "gull": ("strong white wings", "rode the wind above the harbour", "a piece of fish", "cried"),
    "sheep": ("thick white wool", "grazed on the hill", "a patch of sweet grass", "bleated"),
    "tortoise": ("a hard round shell", "walked slowly along the garden path", "a leaf of lettuce", "sighed"),
}
ANIMAL_NAMES = "Pebble Biscuit Rust Button Clover Moss Pepper Maple Bramble Thistle Acorn Snow Ginger Patch Smoke Willow Nutmeg Domino Barley Fern".split()

TRAITS = [
    "kind",
    "curious",
    "shy",
    "brave",
    "patient",
    "clever",
    "cheerful",
    "careful",
    "quiet",
    "stubborn",
    "dreamy",
    "honest",
    "gentle",
    "helpful",
]
FEELINGS_GOOD = ["happy", "proud", "glad", "warm inside", "full of joy", "very content", "lighter than a feather"]
FEELINGS_BAD = ["sad", "worried", "upset", "lonely", "afraid", "nervous", "disappointed"]
COLOURS = ["red", "blue", "green", "yellow", "white", "orange", "purple", "silver", "brown", "black"]
SEASONS = ["spring", "summer", "autumn", "winter"]
NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

# item, why it matters, where it was found, how it came to be there
LOST = [
    (
        "red scarf",
        "<his> grandmother had knitted it",
        "on the highest branch of the apple tree",
        "the wind had carried it over the garden wall",
    ),
    ("silver key", "it opened the old music box", "in the nest of a magpie", "the bird loved everything that shines"),
    ("wooden whistle", "<his> father had carved it", "in the basket of the sleeping dog", "the dog had taken it for a stick"),
    (
        "blue notebook",
        "all <his> drawings were inside it",
        "between two books in the library",
        "<he> had put it down while looking for a story",
    ),
    ("little brass bell", "it belonged on <his> bicycle", "in the deep grass beside the bridge", "it had come loose on the bumpy path"),
    ("paper map", "it showed the way to the hidden pond", "inside <his> own left boot", "<he> had hidden it there to keep it dry"),
    ("green mitten", "the morning was icy and <his> fingers were cold", "on the nose of a snowman", "some children had needed a nose"),
    (
        "old compass",
        "it had once belonged to a captain",
        "at the bottom of the flour sack",
        "it had slipped from <his> pocket while <he> was baking",
    ),
    (
        "straw hat",
        "the sun was strong and <he> had a long day of work ahead",
        "on the head of the donkey",
        "the donkey had found it on the fence and liked the shade",
    ),
    ("music box", "it played the song that helped <him> sleep", "behind the warm stove", "the cat had pushed it off the shelf"),
    (
        "glass marble",
        "it was the very first prize <he> had ever won",
        "in the pond, shining under the water",
        "it had rolled down the whole hill",
    ),
    (
        "pocket watch",
        "<his> grandfather had carried it for forty years",
        "in the clockmaker's window",
        "someone had found it in the street and brought it to be repaired",
    ),
    ("library book", "it had to be returned before sunset", "under the pillow", "<he> had fallen asleep while reading"),
    ("kite", "<he> had built it with <his> own hands", "on the roof of the bakery", "a strong gust had torn the string"),
]
SEARCH_PLACES = [
    "under the bed",
    "behind the door",
    "in every drawer",
    "under the stairs",
    "in the kitchen",
    "along the river path",
    "behind the shed",
    "in the pockets of every coat",
    "beneath the old bench",
    "between the flower pots",
    "around the well",
    "in the woodpile",
]

# thing to make, material, gift reason or use, trouble, fix, happy end
PROJECTS = [
    (
        "kite",
        "two thin sticks, some paper and a ball of string",
        "would not fly",
        "it was too heavy at the front",
        "tied a longer tail to it",
        "the kite rose over the roofs and danced in the wind",
    ),
    (
        "raft",
        "six old barrels and a pile of planks",
        "leaned to one side",
        "one rope was too loose",
        "pulled every knot tight",
        "the raft floated down the river like a leaf",
    ),
    (
        "bird house",
        "a wooden box and four nails",
        "stayed empty for weeks",
        "the door was too small",
        "made the hole a little wider",
        "a pair of blue birds moved in before the month was over",
    ),
    (
        "lantern",
        "an empty jar and a short candle",
        "went dark at the smallest breeze",
        "the wind came in from the side",
        "cut a small paper roof for it",
        "the lantern glowed all evening long",
    ),
    (
        "wooden cart",
        "four wheels and a strong box",
        "rolled in circles",
        "one wheel was smaller than the others",
        "found a wheel of the right size",
        "the cart ran straight down the lane and everyone cheered",
    ),
    (
        "snow fort",
        "nothing but snow and cold hands",
        "fell down twice",
        "the snow was too dry",
        "sprinkled a little water on the walls",
        "the fort stood until the first warm day of spring",
    ),
    (
        "paper boat",
        "an old newspaper",
        "sank at once",
        "the paper was too thin",
        "rubbed the bottom with candle wax",
        "the boat sailed under the bridge and out to sea",
    ),
    (
        "flute",
        "a dry reed from the river bank",
        "made only a sad hiss",
        "the holes were in the wrong places",
        "cut a new one with more care",
        "a clear sweet tune came out at last",
    ),
    (
        "scarf",
        "three balls of soft blue wool",
        "became wider and wider",
        "<he> kept adding one stitch too many",
        "undid the last rows and counted aloud",
        "the scarf was even and warm and just long enough",
    ),
    (
        "swing",
        "a plank and two long ropes",
        "hung crooked",
        "one rope was shorter than the other",
        "measured both ropes with a stick",
        "the swing flew as high as the lowest clouds, or so it seemed",
    ),
    (
        "scarecrow",
        "an old coat, some straw and a broom",
        "did not frighten a single crow",
        "it never moved",
        "tied ribbons to its arms so that they fluttered",
        "the crows flew off to find an easier breakfast",
    ),
    (
        "cake",
        "flour, eggs, butter and honey",
        "came out flat as a plate",
        "<he> had forgotten to beat the eggs",
        "started again and beat the eggs until <his> arm was tired",
        "the second cake rose high and golden",
    ),
]

# what was seen or heard, where, fearful guess, true cause, what happened then
MYSTERIES = [
    (
        "a strange light",
        "blinked in the {forest|orchard} every night",
        "a ghost",
        "a jar full of fireflies that {a boy|a girl} had forgotten on a stump",
        "opened the lid and let them all fly home",
    ),
    (
        "a soft tapping",
        "came from inside the {clock tower|windmill}",
        "a thief",
        "a woodpecker looking for its supper",
        "laughed and left a handful of seeds on the sill",
    ),
    (
        "a low humming",
        "came from the old chimney",
        "a dragon",
        "a swarm of bees building a home",
        "called the beekeeper, who moved them to the orchard",
    ),
    (
        "a trail of crumbs",
        "led from the bakery to the river",
        "a giant",
        "a mother duck carrying bread to her young",
        "promised to bring the ducks a roll every morning",
    ),
    (
        "a ring of wet footprints",
        "appeared on the pier each morning",
        "a sea monster",
        "an otter that liked to watch the sunrise",
        "sat down quietly and watched it too",
    ),
    (
        "a sad song",
        "drifted over the {bay|hill} at dusk",
        "a lost spirit",
        "the wind blowing across an empty bottle",
        "turned the bottle over, and the night was still",
    ),
    (
        "a tall shadow",
        "walked along the wall at midnight",
        "a monster",
        "a very small mouse standing in front of a very bright lamp",
        "gave the mouse a crumb and turned the lamp down",
    ),
    (
        "a missing pie",
        "was the talk of the {market|village}",
        "a band of robbers",
        "the goat, who still had {cherry|berry} juice on its beard",
        "baked a second pie and put it on a higher shelf",
    ),
    (
        "a silver boat",
        "drifted into the harbour with nobody in it",
        "a pirate",
        "a rope that had come loose on Gull Island",
        "rowed it back to its thankful owner",
    ),
    (
        "a row of open gates",
        "was found on the farm every Sunday",
        "a wizard",
        "the donkey, who had learned to lift the latch with its nose",
        "tied the gates with a clever knot",
    ),
]

# animal rescue: animal, trouble, how it was solved, what was needed
RESCUES = [
    ("duck", "caught in an old fishing net", "cut the net carefully with a small knife", "the duck shook its feathers"),
    (
        "kitten",
        "stuck on the roof of the {bakery|inn|school}",
        "leaned a ladder against the wall and climbed up slowly",
        "the kitten jumped straight onto <his> shoulder",
    ),
    ("lamb", "lost in the fog on Lantern Hill", "rang a bell until the lamb came closer", "the lamb pressed its cold nose into <his> hand"),
    (
        "owl",
        "lying in the snow with a hurt wing",
        "wrapped the owl in a warm blanket and carried it to the doctor",
        "the owl blinked twice, as if to say thank you",
    ),
    (
        "puppy",
        "shivering under the {bridge|old boat}",
        "dried it with a towel and gave it some warm milk",
        "the puppy fell asleep in <his> lap",
    ),
    ("hedgehog", "trapped in a deep hole", "laid a plank into the hole like a bridge", "the hedgehog walked out as slowly as a king"),
    (
        "seal",
        "tangled in seaweed on the beach",
        "pulled the seaweed away piece by piece",
        "the seal slid into the waves and looked back once",
    ),
    (
        "sparrow",
        "trapped in the {library|school|windmill}",
        "opened every window and waited without a sound",
        "the sparrow found the open sky",
    ),
    (
        "foal",
        "standing in the middle of the flooded river",
        "threw a long rope and pulled with all <his> strength",
        "the foal stood on dry ground, shaking but safe",
    ),
    (
        "turtle",
        "lying on its back between the rocks",
        "turned it over with both hands",
        "the turtle waved one foot and crawled into the sea",
    ),
]

FEARS = [
    ("the dark", "walk home after sunset", "counted the stars above the roofs, and by the time <he> reached one hundred <he> was home"),
    ("deep water", "swim to the little raft", "held on to the rope and kicked with both legs, one breath at a time"),
    ("thunder", "sleep alone during a storm", "counted the seconds between the flash and the rumble, and heard the storm move away"),
    ("high places", "climb the stairs of the lighthouse", "looked only at the next step, and then at the next one after that"),
    ("big dogs", "deliver a letter to the farm", "stood very still and held out an open hand, and the dog licked it"),
    (
        "speaking in front of people",
        "read a poem at the feast",
        "looked at one friendly face and began with a whisper that grew into a clear voice",
    ),
    ("the sea", "cross the bay on the ferry", "kept <his> eyes on the far shore and sang a song until the boat touched the pier"),
    ("making mistakes", "play the fiddle at the market", "played a wrong note, smiled, and simply went on"),
]

LESSONS = [
    "a small light is enough to find the way",
    "it is easier to share a heavy load",
    "asking for help is not a weakness",
    "a good friend is worth more than a full pocket",
    "patience is faster than hurry",
    "kindness always finds its way home",
    "the best answers come after a walk",
    "even a small hand can open a big door",
    "what is broken can often be mended",
    "the longest road begins at your own door",
    "a promise should be kept even when it rains",
    "it is better to try and fail than not to try at all",
]

# title verb phrase, gerund, things needed, steps, tip
HOWTOS = [
    (
        "make tea",
        "making tea",
        ["a kettle", "a teapot", "fresh water", "tea leaves"],
        [
            "Fill the kettle with fresh water and bring it to the boil.",
            "Warm the pot with a little hot water and pour it out again.",
            "Put one spoon of tea leaves into the pot for each person.",
            "Pour the hot water over the leaves.",
            "Wait for {three|four|five} minutes and do not stir.",
            "Pour the tea into a cup and add milk or honey if you like.",
        ],
        "{Never leave the leaves in the water too long, or the tea will be bitter.|Good tea needs fresh water, so do not boil the same water twice.}",
    ),
    (
        "bake bread",
        "baking bread",
        ["flour", "water", "yeast", "salt"],
        [
            "Mix the flour, the water, the yeast and a little salt in a large bowl.",
            "Knead the dough with both hands until it is smooth.",
            "Cover the bowl with a cloth and let the dough rest for an hour.",
            "Shape the dough into a round loaf.",
            "Bake it in a hot oven until the crust is brown.",
            "Let the bread cool before you cut it.",
        ],
        "{Knock on the bottom of the loaf. If it sounds hollow, the bread is ready.|Warm hands and patience make the best dough.}",
    ),
    (
        "plant a seed",
        "planting a seed",
        ["a pot", "some soil", "a seed", "water"],
        [
            "Fill a pot with soft dark soil.",
            "Make a small hole with your finger.",
            "Drop the seed into the hole and cover it with soil.",
            "Give it a little water.",
            "Put the pot in a sunny window.",
            "Wait for the first green leaf, and keep the soil damp.",
        ],
        "{Do not dig the seed up to see whether it is growing.|A little water every day is better than a flood once a week.}",
    ),
    (
        "build a kite",
        "building a kite",
        ["two sticks", "strong paper", "glue", "string"],
        [
            "Tie the two sticks together in the shape of a cross.",
            "Run a string around the four ends.",
            "Lay the frame on the paper and cut around it.",
            "Fold the edges over the string and glue them down.",
            "Tie a long tail to the bottom.",
            "Hold the kite into the wind and let the string out slowly.",
        ],
        "{If the kite spins, make the tail longer.|Choose a wide field without trees.}",
    ),
    (
        "make soup",
        "making soup",
        ["an onion", "carrots", "potatoes", "a big pot"],
        [
            "Wash the vegetables and cut them into small pieces.",
            "Warm a little butter in a big pot.",
            "Cook the onion until it is soft and golden.",
            "Add the carrots, the potatoes and enough water to cover them.",
            "Let the soup cook slowly for half an hour.",
            "Taste it, add salt, and serve it hot.",
        ],
        "{Soup tastes even better on the second day.|A slice of bread makes the meal complete.}",
    ),
    (
        "write a letter",
        "writing a letter",
        ["paper", "a pen", "an envelope", "a stamp"],
        [
            "Sit down at a quiet table.",
            "Write the date at the top and greet your friend by name.",
            "Tell one thing that made you happy and one thing that surprised you.",
            "Ask a question, so that your friend has a reason to answer.",
            "Sign your name at the bottom.",
            "Fold the paper, close the envelope and put on a stamp.",
        ],
        "{Write as if your friend were sitting across the table.|A short honest letter is better than a long dull one.}",
    ),
    (
        "fold a paper boat",
        "folding a paper boat",
        ["a sheet of paper"],
        [
            "Lay the sheet of paper flat on the table.",
            "Fold it in half from top to bottom.",
            "Fold the two upper corners to the middle.",
            "Turn up the edge on both sides, so that it looks like a hat.",
            "Open the hat and press it flat into a square.",
            "Pull the two points apart, and the boat is ready to sail.",
        ],
        "{Rub the bottom with wax, and the boat will stay dry.|Sharp folds make a strong boat.}",
    ),
    (
        "light a fire",
        "lighting a fire",
        ["dry wood", "small twigs", "a match"],
        [
            "Choose a safe place away from dry grass and trees.",
            "Make a ring of stones.",
            "Lay small dry twigs in the middle.",
            "Stack a few thicker sticks around them like a tent.",
            "Light the twigs from below with a match.",
            "Add larger pieces of wood when the flames are strong.",
        ],
        "{Keep a bucket of water close by, and never leave a fire alone.|Wet wood makes only smoke.}",
    ),
    (
        "draw a map",
        "drawing a map",
        ["paper", "a pencil", "a compass"],
        [
            "Walk around the place and look at it carefully.",
            "Mark the north at the top of the paper.",
            "Draw the big things first, such as the river and the road.",
            "Add the houses, the trees and the bridges.",
            "Choose a small sign for each kind of thing.",
            "Write the names and colour the water blue.",
        ],
        "{Count your steps to find out how far things are apart.|A good map shows only what a traveller needs.}",
    ),
    (
        "wash a dog",
        "washing a dog",
        ["a tub", "warm water", "soap", "a towel"],
        [
            "Fill a tub with warm water.",
            "Call the dog with a kind voice.",
            "Wet the fur slowly, beginning at the back.",
            "Rub in a little soap, but keep it away from the eyes.",
            "Rinse the fur until the water is clear.",
            "Dry the dog with a big towel and praise it.",
        ],
        "{Stand back when the dog shakes itself.|A biscuit at the end makes the next bath easier.}",
    ),
    (
        "make pancakes",
        "making pancakes",
        ["flour", "milk", "two eggs", "butter"],
        [
            "Beat the eggs and the milk in a bowl.",
            "Stir in the flour until there are no lumps.",
            "Let the batter rest for ten minutes.",
            "Melt a little butter in a hot pan.",
            "Pour in a spoonful of batter and wait until the edge is dry.",
            "Turn the pancake over and cook the other side.",
        ],
        "{The first pancake is never the best one.|Serve them with honey or with apple jam.}",
    ),
    (
        "make apple jam",
        "making apple jam",
        ["apples", "sugar", "a lemon", "clean jars"],
        [
            "Peel the apples and cut them into pieces.",
            "Put them into a pot with a cup of water.",
            "Cook them slowly until they are soft.",
            "Add the sugar and the juice of a lemon.",
            "Stir until the jam is thick.",
            "Fill it into clean jars while it is still hot.",
        ],
        "{Put a drop on a cold plate. If it does not run, the jam is done.|Sour apples make the best jam.}",
    ),
    (
        "repair a bicycle tyre",
        "repairing a bicycle tyre",
        ["a patch", "glue", "a bucket of water", "a pump"],
        [
            "Turn the bicycle upside down and take off the wheel.",
            "Pull the tube out of the tyre.",
            "Hold the tube under water and look for bubbles.",
            "Dry the tube and mark the hole.",
            "Put glue on the spot and press the patch on it.",
            "Put everything back and pump up the tyre.",
        ],
        "{Look inside the tyre for the thorn before you close it.|Let the glue dry for a minute before you use the patch.}",
    ),
    (
        "find your way in the forest",
        "finding your way in the forest",
        ["a compass", "a map", "good shoes"],
        [
            "Stop and stay calm.",
            "Look at the sun. It rises in the east and sets in the west.",
            "Listen for the sound of water.",
            "Follow the stream down the hill.",
            "Mark your path with small piles of stones.",
            "Keep walking until you meet a road.",
        ],
        "{Tell someone where you are going before you leave.|Moss and mushrooms are pretty, but they will not show you the way.}",
    ),
    (
        "make a friend",
        "making a friend",
        ["a smile", "a little courage"],
        [
            "Say hello and tell the other person your name.",
            "Ask a question and listen to the answer.",
            "Share something small, like an apple or a story.",
            "Invite the other person to play or to walk with you.",
            "Keep your promises.",
            "Say sorry when you make a mistake.",
        ],
        "{To have a friend, you must first be one.|Good friends can also be quiet together.}",
    ),
    (
        "sleep well",
        "sleeping well",
        ["a soft pillow", "a quiet room"],
        [
            "Go for a short walk in the evening.",
            "Drink a cup of warm milk.",
            "Open the window for a few minutes.",
            "Put away your work and your worries.",
            "Read a few pages of a calm book.",
            "Turn off the lamp and breathe slowly.",
        ],
        "{Go to bed at the same time every night.|If you cannot sleep, count the waves instead of sheep.}",
    ),
    (
        "grow tomatoes",
        "growing tomatoes",
        ["young plants", "rich soil", "sticks", "water"],
        [
            "Choose the sunniest place in the garden.",
            "Dig a hole that is as deep as your hand.",
            "Set the young plant into the hole and press the soil around it.",
            "Tie the stem to a strong stick.",
            "Water the roots in the morning, but keep the leaves dry.",
            "Pick the fruit when it is red and a little soft.",
        ],
        "{Basil is a good neighbour for tomatoes.|Too much shade makes the fruit small.}",
    ),
    (
        "knit a scarf",
        "knitting a scarf",
        ["two needles", "soft wool", "scissors"],
        [
            "Choose a wool that feels soft on your neck.",
            "Put thirty stitches on the first needle.",
            "Knit every row to the end and turn the work around.",
            "Count your stitches after every tenth row.",
            "Go on until the scarf is as long as you are tall.",
            "Close the last row and cut the thread.",
        ],
        "{If you lose a stitch, go back and catch it at once.|Knit a little every evening, and it will be finished before winter.}",
    ),
    (
        "catch a fish",
        "catching a fish",
        ["a rod", "a hook", "a worm", "patience"],
        [
            "Find a quiet place in the shade.",
            "Put a worm on the hook.",
            "Swing the rod and let the line fall softly on the water.",
            "Sit still and watch the float.",
            "Pull gently when the float goes under.",
            "Bring the fish in slowly, and let the small ones go.",
        ],
        "{Fish can feel your steps, so walk softly.|Early morning is the best time.}",
    ),
    (
        "cheer up a sad friend",
        "cheering up a sad friend",
        ["time", "a warm drink"],
        [
            "Sit down next to your friend.",
            "Ask what happened and listen without hurry.",
            "Offer a clean handkerchief and do not be afraid of tears.",
            "Make a cup of hot cocoa.",
            "Go for a walk together.",
            "Come back the next day and ask again.",
        ],
        "{Sometimes a hug says more than words.|You do not have to solve the problem. It is enough to be there.}",
    ),
    (
        "keep a garden healthy",
        "keeping a garden healthy",
        ["a watering can", "gloves", "a rake"],
        [
            "Walk through the garden every morning.",
            "Pull up the weeds while they are small.",
            "Give water to the roots and not to the leaves.",
            "Cut off the dry flowers.",
            "Leave a corner wild for the bees and the hedgehogs.",
            "Cover the soil with leaves before winter.",
        ],
        "{A garden is never finished, and that is the joy of it.|Worms are good helpers, so be kind to them.}",
    ),
    (
        "clean a window",
        "cleaning a window",
        ["a bucket", "warm water", "a soft cloth"],
        [
            "Fill a bucket with warm water and a little soap.",
            "Wipe away the dust with a dry brush.",
            "Wash the glass from the top to the bottom.",
            "Rinse it with clear water.",
            "Dry it with a soft cloth.",
            "Step back and look for spots.",
        ],
        "{Choose a cloudy day, because the sun dries the soap too fast.|Old newspaper makes the glass shine.}",
    ),
    (
        "pack for a journey",
        "packing for a journey",
        ["a bag", "a list", "warm clothes"],
        [
            "Write a list of everything you need.",
            "Lay all the things on your bed.",
            "Put half of them back into the cupboard.",
            "Put the heavy things at the bottom of the bag.",
            "Roll your clothes, so that they take less room.",
            "Keep your water and your map at the top.",
        ],
        "{Always bring a warm sweater, even in summer.|Leave a little room for the things you will find.}",
    ),
    (
        "tell a good story",
        "telling a good story",
        ["a quiet evening", "someone who listens"],
        [
            "Begin with someone who wants something.",
            "Put something in the way.",
            "Let your hero try and fail at least once.",
            "Use the smell and the sound of things.",
            "Do not hurry when it gets exciting.",
            "Stop soon after the problem is solved.",
        ],
        "{Look at the faces of your listeners, and you will know when to whisper.|A true detail is worth ten big words.}",
    ),
]

# question, alternatives of the question, answer, extra sentence
FACTS = [
    (
        "Why does the lighthouse shine at night?",
        "The lighthouse shines at night to show the ships where the rocks are.",
        "Without the light, the captains could not find the way into the harbour.",
    ),
    (
        "Who looks after the lighthouse?",
        "Mara looks after the lighthouse.",
        "She lights the great lamp every evening and writes the weather in a blue book.",
    ),
    (
        "Why does the sea taste of salt?",
        "The sea tastes of salt because rivers carry tiny bits of stone and salt into it.",
        "The water rises into the air, but the salt stays behind.",
    ),
    (
        "Why do leaves fall in autumn?",
        "Leaves fall in autumn because the trees rest in winter and save their water.",
        "In spring the new leaves grow.",
    ),
    (
        "Where does bread come from?",
        "Bread is made from flour, and flour is made from wheat.",
        "In Brindle Bay the miller grinds the wheat and the baker bakes the bread.",
    ),
    ("Who bakes the bread in Brindle Bay?", "Tobin bakes the bread in Brindle Bay.", "He gets up before the sun to light the oven."),
    (
        "Why does it rain?",
        "It rains because small drops of water in the clouds join together and become too heavy to float.",
        "The rain fills the rivers and helps the plants to grow.",
    ),
    ("Why is snow cold?", "Snow is cold because it is made of frozen water.", "When the sun warms it, it turns into water again."),
    ("What do bees make?", "Bees make honey.", "They collect sweet juice from the flowers and carry it home to the hive."),
    (
        "Why do birds fly south in winter?",
        "Birds fly south in winter because it is warmer there and they can find more food.",
        "They come back in spring.",
    ),
    ("How many days are in a week?", "There are seven days in a week.", "The market is open on two of them, Wednesday and Saturday."),
    (
        "When is the market open?",
        "The market is open on Wednesday and on Saturday.",
        "The best fruit is gone before noon, so it is wise to come early.",
    ),
    (
        "Where is the ferry going?",
        "The ferry is going to Gull Island.",
        "It leaves the harbour twice a day, once in the morning and once in the evening.",
    ),
    ("What is the name of the ferry?", "The ferry is called the Blue Heron.", "Captain Ives painted the name himself."),
    (
        "Why do cats like warm places?",
        "Cats like warm places because they save their strength while they sleep.",
        "Pebble, the lighthouse cat, always sleeps next to the stove.",
    ),
    ("Why is the moon bright?", "The moon is bright because it reflects the light of the sun.", "It has no light of its own."),
    (
        "What makes the wind?",
        "The wind is air that moves from one place to another.",
        "Warm air rises, and cool air flows in to take its place.",
    ),
    (
        "How does a windmill work?",
        "The wind pushes the arms of the windmill, and the arms turn a heavy stone.",
        "The stone grinds the wheat into flour.",
    ),
    ("Who repairs the clocks?", "Osric repairs the clocks.", "He has a workshop under the clock tower and eleven clocks in his kitchen."),
    (
        "What do hedgehogs do in winter?",
        "Hedgehogs sleep through the winter in a pile of leaves.",
        "They wake up when the days are warm again.",
    ),
    ("Why do we sleep?", "We sleep because our body and our mind need rest.", "After a good night it is easier to think and to be kind."),
    (
        "Why does the clock tower ring at noon?",
        "The clock tower rings at noon so that everyone knows it is time for lunch.",
        "The bell rings twelve times.",
    ),
    (
        "What is the best time to visit Brindle Bay?",
        "The best time to visit Brindle Bay is early autumn.",
        "The apples are ripe, the sea is still warm and the harvest feast is close.",
    ),
    (
        "Where is Brindle Bay?",
        "Brindle Bay is a small village between the sea and Lantern Hill.",
        "It has a harbour, a market, a bakery and an old lighthouse.",
    ),
    (
        "Why are the boats painted in bright colours?",
        "The boats are painted in bright colours so that they can be seen in the fog.",
        "Every family has its own colour.",
    ),
    ("What do owls eat?", "Owls eat mice and other small animals.", "That is why the miller is glad to have owls in his roof."),
    (
        "Why do fishermen get up early?",
        "Fishermen get up early because the sea is calm and the fish are hungry before dawn.",
        "They sell the fish at the harbour in the morning.",
    ),
    (
        "How do you become a good friend?",
        "You become a good friend by listening and by keeping your promises.",
        "It also helps to share your lunch.",
    ),
    (
        "Why do plants need water?",
        "Plants need water to carry food from the soil up to their leaves.",
        "Without water the leaves become dry and brown.",
    ),
    (
        "Why do plants need the sun?",
        "Plants need the sun because they make their food with its light.",
        "A plant in a dark room becomes pale and weak.",
    ),
    ("What is fog?", "Fog is a cloud that lies on the ground.", "It often comes in from the sea in the early morning."),
    (
        "What is a lighthouse?",
        "A lighthouse is a tall tower with a bright lamp at the top.",
        "It helps the ships to find a safe way at night.",
    ),
    (
        "What is a compass?",
        "A compass is a small tool with a needle that points to the north.",
        "Sailors and walkers use it to find their way.",
    ),
    (
        "What is a friend?",
        "A friend is someone who is glad when you are glad and who stays when you are sad.",
        "You do not need many friends, but you need good ones.",
    ),
    ("What is a library?", "A library is a place where you can borrow books.", "You bring them back, so that others can read them too."),
    (
        "Why do dogs wag their tails?",
        "Dogs wag their tails to show how they feel.",
        "A fast and loose wag often means that the dog is happy.",
    ),
    ("Who brings the letters?", "Wren brings the letters on her red bicycle.", "She rings her bell twice when there is good news."),
    ("Why are there waves on the sea?", "There are waves on the sea because the wind pushes the water.", "A strong wind makes tall waves."),
    (
        "What is at the top of Lantern Hill?",
        "There is a farm at the top of Lantern Hill.",
        "Nell lives there with her sheep and a stubborn donkey.",
    ),
    (
        "What happens at the harvest feast?",
        "At the harvest feast everyone eats together at one long table.",
        "Bram plays the fiddle, and lanterns hang in the apple trees.",
    ),
    (
        "Why should we read books?",
        "We should read books because they show us places and people that we have never met.",
        "A good book is like a journey that fits into a pocket.",
    ),
    (
        "Is it safe to swim in the bay?",
        "Yes, it is safe to swim in the bay when the water is calm.",
        "When the red flag is up, it is better to stay on the beach.",
    ),
    ("Can I borrow a boat?", "Yes, you can borrow a boat at the harbour.", "Ask Ivo, and bring it back before sunset."),
    ("Do tortoises live long?", "Yes, tortoises can live for more than a hundred years.", "They are slow, and they are never in a hurry."),
    ("Can owls see in the dark?", "Yes, owls can see very well in the dark.", "Their large eyes catch even a little light."),
    (
        "Why is the school yellow?",
        "The school is yellow because the children voted for the colour of the sun.",
        "Only one child voted for purple.",
    ),
    ("What colour is the sky?", "The sky is blue on a clear day.", "In the evening it can be orange, pink or purple."),
    (
        "What should I do when I am lost?",
        "When you are lost, stop and stay calm.",
        "Then look for a path, a stream or a person who can help you.",
    ),
    ("What should I do when I am sad?", "When you are sad, tell someone you trust.", "A walk by the sea and a warm drink can help too."),
    (
        "How can I stay warm in winter?",
        "You can stay warm in winter with a wool sweater, hot soup and a good fire.",
        "It also helps to keep moving.",
    ),
    (
        "Why do people tell stories?",
        "People tell stories to remember, to learn and to be together.",
        "A good story makes a long evening short.",
    ),
    (
        "How old is the lighthouse?",
        "The lighthouse is more than two hundred years old.",
        "The first lamp was only a fire in an iron basket.",
    ),
    (
        "Why does ice float?",
        "Ice floats because it is a little lighter than water.",
        "That is why the fish can live under the ice in winter.",
    ),
    ("Where do rivers go?", "Rivers go down from the hills to the sea.", "On their way they turn mills and water the fields."),
    (
        "What do ducks like to eat?",
        "Ducks like to eat water plants, seeds and small insects.",
        "Tobin gives them a roll at the end of the day.",
    ),
    ("What makes a good teacher?", "A good teacher is patient and curious.", "Miss Juno says that the best teachers never stop learning."),
    (
        "Why do we have seasons?",
        "We have seasons because the earth leans a little while it travels around the sun.",
        "When our side leans toward the sun, it is summer.",
    ),
    (
        "What is honey?",
        "Honey is a sweet food that bees make from the juice of flowers.",
        "It is golden and never goes bad if the jar is closed.",
    ),
    (
        "Why do stars twinkle?",
        "Stars twinkle because their light passes through the moving air above us.",
        "They are really as steady as a lamp.",
    ),
    (
        "How far is it to Gull Island?",
        "It is about an hour by ferry to Gull Island.",
        "On a clear day you can see its white beach from the harbour.",
    ),
]

OBJECT_DEFS = [
    ("kite", "a light frame covered with paper that flies in the wind", "It needs a tail to stay steady"),
    ("bridge", "a road that crosses the water", "The bridge near the mill is made of oak"),
    ("anchor", "a heavy piece of iron that holds a boat in its place", "Without an anchor a boat would drift away"),
    ("candle", "a stick of wax with a thread in the middle", "It burns slowly and gives a soft light"),
    ("map", "a picture of the land as a bird would see it", "The north is usually at the top"),
    ("windmill", "a house that uses the wind to do its work", "Its arms turn a heavy stone that grinds the wheat"),
    ("harbour", "a safe place for boats", "A wall of stone keeps out the big waves"),
    ("orchard", "a garden full of fruit trees", "The orchard on Lantern Hill has ninety apple trees"),
    ("telescope", "a tube with glass inside that makes far things look near", "Sailors use it to find the land"),
    ("clock", "a machine that counts the hours", "Osric has eleven of them in his kitchen"),
    ("ferry", "a boat that carries people across the water", "The Blue Heron is the only ferry in the bay"),
    ("recipe", "a list of steps for cooking a meal", "Tobin never writes his recipes down"),
    ("storm", "a time of strong wind and heavy rain", "It is wise to stay inside until it has passed"),
    ("promise", "something that you say you will do", "A promise should be kept even when it rains"),
    ("lantern", "a lamp that you can carry in your hand", "Its glass keeps the flame safe from the wind"),
    ("village", "a small place where people live close together", "In a village everyone knows your name"),
]

# Strangers who may come to the village: what they bring and what they need.
VISITORS = [
    ("dragon", "breathed small warm clouds of smoke", "lit every lantern at the feast", "was tired of flying alone"),
    (
        "robot",
        "was made of tin and blinked with two blue lamps",
        "carried the heaviest sacks up the hill",
        "wanted to learn what laughing is",
    ),
    ("king", "wore a golden crown that was too big", "told stories about his castle", "wanted to eat one meal without a speech"),
    ("queen", "came in a coach with white horses", "planted a rose on the square", "wanted to walk barefoot on the beach"),
    ("pirate", "had a wooden leg and a very loud voice", "showed the children how to read the wind", "had lost his ship and his courage"),
    ("wizard", "had a long beard full of stars", "turned the rain into soap bubbles", "had forgotten his own name"),
    ("giant", "was taller than the clock tower", "lifted the boats out of the storm", "could not find a bed that was long enough"),
    ("princess", "carried a sword and a bag of books", "climbed the highest tree in the orchard", "was looking for a quiet place to read"),
    ("knight", "wore armour that squeaked at every step", "guarded the sheep on the hill", "was secretly afraid of mice"),
    ("painter", "had blue paint on her nose", "painted the sea on the wall of the inn", "was looking for the right shade of green"),
    ("musician", "carried a violin without a case", "played until the stars came out", "had lost the last page of her song"),
    ("inventor", "had a coat with forty pockets", "built a machine that peels apples", "needed a single small screw"),
    ("ghost", "was pale and very polite", "kept the lamp burning through the night", "only wanted someone to talk to"),
    ("traveller", "had walked across seven mountains", "shared a bag of sweet oranges", "did not remember the way home"),
    (
        "scientist",
        "looked at everything through a round glass",
        "explained how the tides work",
        "wanted to count all the stars above the bay",
    ),
    (
        "mermaid",
        "sat on the rocks and combed her green hair",
        "showed the fishermen the best places",
        "wanted to know what bread tastes like",
    ),
    ("elephant", "was as grey as the morning fog", "sprayed water over the dry gardens", "had run away from a circus"),
    ("monkey", "climbed up every mast in the harbour", "picked the apples that nobody could reach", "had stolen a hat and was sorry"),
    ("lion", "had a mane like the evening sun", "kept the children warm in the snow", "was too gentle to roar"),
    ("penguin", "wore, as it seemed, a black coat", "taught everyone to slide on the ice", "had taken the wrong boat"),
    ("soldier", "had come home from a long war", "repaired the broken bridge", "wanted only peace and a garden"),
    ("doctor", "carried a small black bag", "helped old and young", "had not slept for two days"),
    ("thief", "wore soft shoes and a dark coat", "gave everything back in the end", "was hungry and ashamed"),
    ("astronaut", "fell from the sky in a silver suit", "told the children how small the earth looks", "missed the smell of rain"),
]

# Things that the small world knows nothing about.
UNKNOWN = """computers|trains|the capital of France|the stars|dinosaurs|money|football|the moon|the year 2000|cities|planes|the desert|music|numbers|
love|time|the brain|electricity|the ocean floor|gold|volcanoes|elephants|kings|history|science|pizza|coffee|chess|the internet|cars|war|peace|colours|dreams|school|the law|medicine|the universe""".replace(
    "\n", ""
).split(
    "|"
)

# Things one might want to learn, without special steps.
SKILLS = """swim|sing|dance|paint a picture|play the fiddle|write a poem|learn a language|ride a horse|ride a bicycle|build a boat|build a house|bake a cake|cook dinner|make coffee|
make a sandwich|read faster|save money|win a race|speak in front of people|be happy|be brave|get up early|play chess|write a book|train a dog|make candles|make cheese|mend a shirt|
take a good photograph|find a job|plan a party|clean a room|grow flowers|climb a mountain|become a sailor|become a doctor|learn mathematics|write a computer program|draw a cat|lose a bad habit""".replace(
    "\n", ""
).split(
    "|"
)

# More names, for the second stage of the training: with so many of them, the
# model must look a name up in the text and cannot guess it.
MORE_GIRLS = """Agnes Alba Alice Alma Amelie Amy Annika Astrid Aurora Beatrice Bella Bertha Birdie Bonnie Bridget Camille Carla Celia
Cora Daisy Dalia Daphne Delia Dora Doris Edith Elena Elise Elsa Emma Erika Esme Eva Fiona Frida Gemma Gloria Gwen Heidi Helen Ida Ilse Ines Irma
Isla Jane Jenny Joan Josie Judith Julia Karin Kate Laura Leah Leonie Linnea Lily Lois Louise Lucy Luna Mabel Maggie Margot Maria Marta Martha
Matilda Mia Millie Molly Naomi Nina Noemi Odette Olga Orla Paula Pearl Petra Phoebe Polly Rachel Rita Romy Rosalind Sally Sara Sofia Sonja Sophie
Susan Sylvie Tamsin Tara Tess Thea Tina Tove Ulla Ursula Valerie Violet Wanda Wendy Winnie Yara Yvonne Zelda""".split()
MORE_BOYS = """Aaron Adam Albert Alfie Alvin Anders Andrew Anton Archie Arne Arthur Axel Barney Basil Benno Bernard Bert Bruno Callum Carlo Caspar
Cedric Charlie Clemens Colin Conrad Daniel David Dennis Diego Dylan Edgar Edmund Eli Elias Ernest Ethan Evan Ezra Fabian Fergus Fletcher Floyd Francis
Frank Franz Fred Gabriel George Gilbert Gordon Gregor Harold Harvey Herbert Hector Hubert Ian Isaac Jack Jacob James Joel John Joseph Julian Kasper
Kurt Lars Lasse Leif Lenny Levi Linus Lorenz Lucas Magnus Malcolm Marco Marcus Martin Matthew Mats Mason Mikkel Morris Nathan Nico Nils Norman Olaf
Oliver Orson Oswald Otis Patrick Paul Percy Philip Quentin Ralph Raymond Reuben Robert Robin Roland Roman Rufus Rupert Samuel Sebastian Silas Stanley
Stefan Sven Thomas Tim Toby Trevor Tristan Ulrich Valentin Vincent Walter Warren Wilbur Wilfred William Xaver Yannis""".split()
