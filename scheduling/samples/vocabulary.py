"""What the generator draws from: names by culture, the tree of departments, roles, skills and shifts."""

PEOPLE: tuple[tuple[str, str], ...] = (
    # First names, last names: one pair of lines per culture, so that nobody is called Kwame Nowak by accident.
    (
        "Amy Oliver Grace Thomas Holly Jack Megan Harry Lucy George Ellie Daniel Sophie Callum Ruth Edward",
        "Adams Bennett Carter Davies Evans Fletcher Green Hughes Jackson Knight Lewis Morgan Parker Reed Shaw Ward",
    ),
    (
        "Siobhán Niamh Conor Aoife Cian Róisín Eoin Ciara Oisín Gráinne Declan Orla",
        "Byrne Doyle Gallagher Kavanagh Lynch McCarthy Nolan O'Brien O'Connor Quinn Ryan Walsh",
    ),
    (
        "Lukas Hannah Jonas Mia Felix Lena Jürgen Käthe Matthias Sabine Björn Anneliese",
        "Müller Schäfer Weber Krüger Vogel Weiß Bäcker Hoffmann Lehmann Schröder Zimmermann Köhler",
    ),
    (
        "Camille Léa Hugo Chloé Théo Manon Étienne Élodie Mathieu Agnès Benoît Inès",
        "Dubois Lefèvre Moreau Girard Rousseau Lambert Fontaine Chevalier Renault Béranger Marchand Gauthier",
    ),
    (
        "Lucía Mateo Sofía Javier Valeria Andrés Carmen Íñigo Marisol Joaquín Pilar Rubén",
        "García Fernández Martínez Muñoz Ibáñez Romero Navarro Castillo Peña Ortega Delgado Vázquez",
    ),
    (
        "João Beatriz Thiago Inês Rafael Larissa Duarte Conceição Gustavo Mariana",
        "Silva Santos Oliveira Gonçalves Pereira Araújo Magalhães Ribeiro Assunção Carvalho",
    ),
    (
        "Zofia Jakub Agnieszka Paweł Małgorzata Tomasz Łucja Wojciech Katarzyna Michał",
        "Nowak Wiśniewska Wójcik Kamiński Zieliński Szymański Dąbrowski Kozłowski Jabłoński Mazur",
    ),
    (
        "Freja Søren Astrid Mikkel Ingrid Lars Åsa Øyvind Sigrid Anders Maja Torbjørn",
        "Hansen Johansson Nielsen Lindqvist Sørensen Bjørnstad Ågren Holm Dahl Ødegård Ekström Berg",
    ),
    (
        "Priya Arjun Ananya Rahul Meera Vikram Divya Sanjay Kavya Rohan Lakshmi Nikhil",
        "Sharma Patel Reddy Iyer Nair Gupta Mukherjee Singh Kulkarni Desai Banerjee Menon",
    ),
    (
        "Fatima Omar Layla Yusuf Amina Khalid Noor Hassan Salma Ibrahim Rania Tariq",
        "Haddad Khoury Mansour Nasser Farouk Rahman Saleh Aziz Hamdan Qureshi Darwish Bakri",
    ),
    (
        "Wei Li Ming Xiu Jun Hui Lan Bo Mei Tao Yan Qing",
        "Chen Wang Zhang Liu Huang Zhao Lin Xu Sun Zhou Guo Tang",
    ),
    (
        "Linh Minh Thảo Quang Hương Tuấn Ngọc Dũng Phương Khánh",
        "Nguyễn Trần Phạm Hoàng Vũ Đặng Bùi Đỗ Hồ Dương",
    ),
    (
        "Haruka Kenji Yuki Takumi Sakura Hiroshi Aiko Daichi Naomi Ren",
        "Tanaka Suzuki Yamamoto Nakamura Kobayashi Watanabe Ito Saito Mori Fujita",
    ),
    (
        "Amara Chidi Ngozi Emeka Kwame Abena Kofi Adaeze Oluwaseun Yetunde Thandiwe Sipho",
        "Okafor Adeyemi Mensah Boateng Eze Nwosu Balogun Asante Dlamini Nkosi Okoye Owusu",
    ),
    (
        "Ayşe Mehmet Elif Emre Zeynep Burak Şebnem Çağlar Gül Onur",
        "Yılmaz Kaya Demir Şahin Çelik Öztürk Aydın Arslan Doğan Güneş",
    ),
)

# code, name, code of the parent; parents come first.
DEPARTMENTS: tuple[tuple[str, str, str], ...] = (
    ("OPS", "Operations", ""),
    ("KIT", "Kitchen", "OPS"),
    ("KIT-HOT", "Hot kitchen", "KIT"),
    ("KIT-COLD", "Cold kitchen", "KIT"),
    ("KIT-PAS", "Pastry", "KIT"),
    ("KIT-BAK", "Bakery", "KIT"),
    ("KIT-STW", "Stewarding", "KIT"),
    ("RES", "Restaurants", "OPS"),
    ("RES-HAR", "Harbour Grill", "RES"),
    ("RES-GAR", "Garden Brasserie", "RES"),
    ("RES-BAR", "Lobby Bar", "RES"),
    ("RES-ROOF", "Rooftop", "RES"),
    ("RES-ROOM", "Room service", "RES"),
    ("EVT", "Events", "OPS"),
    ("EVT-BAN", "Banqueting", "EVT"),
    ("EVT-CON", "Conferences", "EVT"),
    ("EVT-TEC", "Event technology", "EVT"),
    ("ROM", "Rooms", ""),
    ("FRO", "Front office", "ROM"),
    ("FRO-REC", "Reception", "FRO"),
    ("FRO-CON", "Concierge", "FRO"),
    ("FRO-NIG", "Night audit", "FRO"),
    ("HOU", "Housekeeping", "ROM"),
    ("HOU-NOR", "North wing", "HOU"),
    ("HOU-SOU", "South wing", "HOU"),
    ("HOU-PUB", "Public areas", "HOU"),
    ("HOU-LAU", "Laundry", "HOU"),
    ("SPA", "Spa and pool", "ROM"),
    ("SPA-TRE", "Treatments", "SPA"),
    ("SPA-POO", "Pool", "SPA"),
    ("PRO", "Property", ""),
    ("PRO-MNT", "Maintenance", "PRO"),
    ("PRO-GAR", "Gardens", "PRO"),
    ("PRO-SEC", "Security", "PRO"),
    ("PRO-LOG", "Logistics", "PRO"),
    ("ADM", "Administration", ""),
    ("ADM-HR", "People", "ADM"),
    ("ADM-FIN", "Finance", "ADM"),
    ("ADM-IT", "IT", "ADM"),
    ("ADM-SAL", "Sales", "ADM"),
)

# By the first part of a department's code: roles with their hourly rate, skills, and the shifts worked there.
TRADES: dict[str, tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = {
    "KIT": (
        {"Commis": "13.20", "Chef de partie": "16.40", "Sous chef": "19.80", "Kitchen porter": "12.60"},
        ("Food hygiene", "Allergens", "Knife skills", "First aid"),
        ("Early kitchen", "Late kitchen", "Day", "Split cover"),
    ),
    "RES": (
        {"Waiter": "12.90", "Bartender": "13.80", "Host": "13.10", "Head waiter": "17.20"},
        ("Food hygiene", "Barista", "Wine service", "Spanish"),
        ("Breakfast", "Day", "Late"),
    ),
    "EVT": (
        {"Event assistant": "13.00", "Event coordinator": "17.50", "Technician": "16.80"},
        ("Audio and light", "Manual handling", "First aid", "Fire warden"),
        ("Day", "Late", "Long day"),
    ),
    "FRO": (
        {"Receptionist": "13.70", "Concierge": "15.10", "Duty manager": "19.20"},
        ("Spanish", "German", "Mandarin", "Cash handling"),
        ("Early", "Late", "Night"),
    ),
    "HOU": (
        {"Room attendant": "12.60", "Floor supervisor": "15.30", "Laundry attendant": "12.60"},
        ("Chemical safety", "Manual handling", "First aid"),
        ("Early", "Day", "Half day"),
    ),
    "SPA": (
        {"Therapist": "16.20", "Lifeguard": "13.40", "Spa host": "13.00"},
        ("Lifeguard", "Massage", "First aid"),
        ("Early", "Late", "Half day"),
    ),
    "PRO": (
        {"Technician": "17.10", "Gardener": "13.90", "Guard": "14.60", "Driver": "14.20"},
        ("Forklift licence", "Electrical safety", "Fire warden", "First aid"),
        ("Early", "Late", "Night", "Long night"),
    ),
    "ADM": (
        {"Assistant": "14.80", "Officer": "18.40", "Analyst": "21.60"},
        ("Payroll", "Bookkeeping", "First aid", "Data protection"),
        ("Office", "Half day"),
    ),
}

SHIFT_TYPES: tuple[tuple[str, str, str], ...] = (
    ("Early shift", "E", "#f9a825"),
    ("Day shift", "D", "#2e7d32"),
    ("Late shift", "L", "#1565c0"),
    ("Night shift", "N", "#4527a0"),
)

# name, code, type, start, end, break in minutes, staff required
SHIFTS: tuple[tuple[str, str, str, str, str, int, int], ...] = (
    ("Early", "E1", "Early shift", "06:00", "14:00", 30, 2),
    ("Early kitchen", "E2", "Early shift", "05:30", "13:30", 30, 2),
    ("Breakfast", "E3", "Early shift", "06:30", "12:30", 20, 3),
    ("Day", "D1", "Day shift", "09:00", "17:00", 30, 2),
    ("Office", "D2", "Day shift", "08:30", "17:00", 60, 1),
    ("Half day", "D3", "Day shift", "09:00", "13:00", 0, 1),
    ("Long day", "D4", "Day shift", "08:00", "20:00", 60, 1),
    ("Split cover", "D5", "Day shift", "11:00", "19:30", 60, 1),
    ("Late", "L1", "Late shift", "14:00", "22:00", 30, 2),
    ("Late kitchen", "L2", "Late shift", "15:00", "23:00", 30, 2),
    ("Night", "N1", "Night shift", "22:00", "06:00", 45, 1),
    ("Long night", "N2", "Night shift", "19:00", "07:00", 60, 1),
)

# All of them advisory, so that the plan can be imported before and after them.
# name, kind, scope, department; then weekdays, shift types, skills, days in a row, hours of rest, hours of overtime.
RULES: tuple[tuple[str, ...], ...] = (
    ("Rest between shifts", "rest_period", "global", "", "", "", "", "", "11", ""),
    ("Six days in a row", "consecutive_days", "global", "", "", "", "", "6", "", ""),
    ("Overtime", "overtime", "global", "", "", "", "", "", "", "4"),
    ("Offices close at weekends", "availability", "department", "ADM", "mon|tue|wed|thu|fri", "", "", "", "", ""),
    ("Fire warden at night", "qualification", "department", "PRO", "", "Night shift", "Fire warden", "", "", ""),
)
