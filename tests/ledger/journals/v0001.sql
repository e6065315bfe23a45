BEGIN TRANSACTION;
CREATE TABLE alarms (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	"key" TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	text TEXT NOT NULL, 
	active BOOLEAN NOT NULL, 
	CONSTRAINT pk_alarms PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_alarms_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id)
)
 WITHOUT ROWID

;
INSERT INTO "alarms" VALUES('510b06292d655dc6',93,1795256913865,'foreign','critical','a fill of 2 SOL that is not ours: adopt or flatten',1);
INSERT INTO "alarms" VALUES('510b06292d655dc6',98,1795256913874,'foreign','info','over: a fill of 2 SOL that is not ours: adopt or flatten',0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE commands (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	verb TEXT NOT NULL, 
	who TEXT NOT NULL, 
	state TEXT NOT NULL, 
	took BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_commands PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_commands_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id)
)
 WITHOUT ROWID

;
INSERT INTO "commands" VALUES('510b06292d655dc6',85,1795256913827,'reconcile-1025605210','reconcile','test@tty','acknowledged',0,'');
INSERT INTO "commands" VALUES('510b06292d655dc6',90,1795256913845,'reconcile-1025605210','reconcile','test@tty','confirmed',18,'nothing to repair, 0 fills found');
INSERT INTO "commands" VALUES('510b06292d655dc6',95,1795256913868,'adopt-2199643353','adopt','test@tty','acknowledged',0,'');
INSERT INTO "commands" VALUES('510b06292d655dc6',110,1795256913955,'adopt-2199643353','adopt','test@tty','confirmed',87,'1.33 SOL in 1 slots');
INSERT INTO "commands" VALUES('510b06292d655dc6',112,1795256914038,'resume-969351275','resume','test@tty','acknowledged',0,'');
INSERT INTO "commands" VALUES('510b06292d655dc6',114,1795256914038,'resume-969351275','resume','test@tty','confirmed',0,'');
CREATE TABLE fills (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	time BIGINT NOT NULL, 
	order_id BIGINT NOT NULL, 
	trade_number BIGINT NOT NULL, 
	client_id TEXT, 
	symbol TEXT NOT NULL, 
	role TEXT NOT NULL, 
	unit BIGINT NOT NULL, 
	side TEXT NOT NULL, 
	size TEXT NOT NULL, 
	price TEXT NOT NULL, 
	fee TEXT NOT NULL, 
	closed_pnl TEXT NOT NULL, 
	CONSTRAINT pk_fills PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_fills_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id), 
	CONSTRAINT uq_fills_trade_id_time_order_id_trade_number UNIQUE (trade_id, time, order_id, trade_number)
)
 WITHOUT ROWID

;
INSERT INTO "fills" VALUES('510b06292d655dc6',3,1795256913708,1,550379916680477,'0x510b06292d655dc6ffff000000000001','SOL','entry',0,'buy','13.33','150.02','0.899895','0');
INSERT INTO "fills" VALUES('510b06292d655dc6',50,1795256913755,6,525239843198807,'0x510b06292d655dc60000000000000002','SOL','stop',0,'sell','3.34','150','0.22545','-0.0668');
INSERT INTO "fills" VALUES('510b06292d655dc6',63,1795256913774,2,500099769717137,'0x510b06292d655dc60003000000000001','SOL','stop',-1,'sell','3.33','149.5','0.224026','-1.7316');
INSERT INTO "fills" VALUES('510b06292d655dc6',76,1795256913799,3,474959696235467,'0x510b06292d655dc60002000000000001','SOL','stop',-2,'sell','3.33','149','0.223276','-3.3966');
INSERT INTO "fills" VALUES('510b06292d655dc6',97,1795256913861,11,449819622753797,'0x00000000000000000000000000000bad','SOL','adopted',-2,'sell','2','149','0.1341','-2.04');
INSERT INTO "fills" VALUES('510b06292d655dc6',124,1795256914195,12,1000199539434274,'0x510b06292d655dc60001000000000003','SOL','stop',-3,'sell','1.33','147.5','0.088279','-3.3516');
INSERT INTO "fills" VALUES('510b06292d655dc6',183,1795256914271,14,975059465952604,'0x510b06292d655dc60001000000000004','SOL','buy',-4,'buy','3.35','148.54','0.223924','0');
INSERT INTO "fills" VALUES('510b06292d655dc6',186,1795256914271,15,399539475790457,'0x510b06292d655dc60000000000000004','SOL','buy',-3,'buy','3.34','148.54','0.223256','0');
INSERT INTO "fills" VALUES('510b06292d655dc6',209,1795256914316,17,374399402308787,'0x510b06292d655dc60002000000000003','SOL','buy',-2,'buy','3.33','149.54','0.224086','0');
INSERT INTO "fills" VALUES('510b06292d655dc6',212,1795256914316,16,924779318989264,'0x510b06292d655dc60003000000000003','SOL','buy',-1,'buy','3.32','149.54','0.223413','0');
CREATE TABLE funding (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	time BIGINT NOT NULL, 
	amount TEXT NOT NULL, 
	CONSTRAINT pk_funding PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_funding_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id), 
	CONSTRAINT uq_funding_trade_id_time UNIQUE (trade_id, time)
)
 WITHOUT ROWID

;
CREATE TABLE inputs (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	data TEXT NOT NULL, 
	CONSTRAINT pk_inputs PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_inputs_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id), 
	CONSTRAINT uq_inputs_trade_id_seq UNIQUE (trade_id, seq)
)
 WITHOUT ROWID

;
INSERT INTO "inputs" VALUES('510b06292d655dc6',1,1,1795256913701,'entering','{"order":{"client_id":"0x510b06292d655dc6ffff000000000001","symbol":"SOL","side":"buy","size":"13.33","type":"ioc","limit":"151.5","trigger":null,"reduce_only":false},"expires_at":1795256918701}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',2,2,1795256913710,'opened','{"fills":[{"symbol":"SOL","side":"buy","size":"13.33","price":"150.02","fee":"0.899895","time":1795256913708,"order_id":1,"trade_id":550379916680477,"client_id":"0x510b06292d655dc6ffff000000000001","closed_pnl":"0"}]}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',4,3,1795256913711,'sent','{"order":{"client_id":"0x510b06292d655dc60000000000000001","symbol":"SOL","side":"sell","size":"3.34","type":"stop_market","limit":"133.22","trigger":"148.02","reduce_only":true},"role":"stop","slot":0,"unit":-4}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',7,4,1795256913711,'sent','{"order":{"client_id":"0x510b06292d655dc60001000000000001","symbol":"SOL","side":"sell","size":"3.33","type":"stop_market","limit":"133.67","trigger":"148.52","reduce_only":true},"role":"stop","slot":1,"unit":-3}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',10,5,1795256913711,'sent','{"order":{"client_id":"0x510b06292d655dc60002000000000001","symbol":"SOL","side":"sell","size":"3.33","type":"stop_market","limit":"134.12","trigger":"149.02","reduce_only":true},"role":"stop","slot":2,"unit":-2}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',13,6,1795256913711,'sent','{"order":{"client_id":"0x510b06292d655dc60003000000000001","symbol":"SOL","side":"sell","size":"3.33","type":"stop_market","limit":"134.57","trigger":"149.52","reduce_only":true},"role":"stop","slot":3,"unit":-1}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',16,7,1795256913717,'report','{"report":{"symbol":"SOL","order_id":2,"client_id":"0x510b06292d655dc60003000000000001","side":"sell","state":"open","status":"open","size":"3.33","remaining":"3.33","time":1795256913716},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',18,8,1795256913717,'report','{"report":{"symbol":"SOL","order_id":3,"client_id":"0x510b06292d655dc60002000000000001","side":"sell","state":"open","status":"open","size":"3.33","remaining":"3.33","time":1795256913716},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',20,9,1795256913717,'report','{"report":{"symbol":"SOL","order_id":4,"client_id":"0x510b06292d655dc60001000000000001","side":"sell","state":"open","status":"open","size":"3.33","remaining":"3.33","time":1795256913716},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',22,10,1795256913717,'report','{"report":{"symbol":"SOL","order_id":5,"client_id":"0x510b06292d655dc60000000000000001","side":"sell","state":"open","status":"open","size":"3.34","remaining":"3.34","time":1795256913716},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',24,11,1795256913727,'placed','{"order":"0x510b06292d655dc60003000000000001","answer":{"order_id":2},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',25,12,1795256913727,'placed','{"order":"0x510b06292d655dc60002000000000001","answer":{"order_id":3},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',26,13,1795256913727,'placed','{"order":"0x510b06292d655dc60001000000000001","answer":{"order_id":4},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',27,14,1795256913727,'placed','{"order":"0x510b06292d655dc60000000000000001","answer":{"order_id":5},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',28,15,1795256913730,'mark','{"price":"150.52"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',30,16,1795256913730,'sent','{"order":{"client_id":"0x510b06292d655dc60000000000000002","symbol":"SOL","side":"sell","size":"3.34","type":"stop_market","limit":"135.02","trigger":"150.02","reduce_only":true},"role":"stop","slot":0,"unit":0}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',33,17,1795256913739,'placed','{"order":"0x510b06292d655dc60000000000000002","answer":{"order_id":6},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',35,18,1795256913739,'cancel sent','{"orders":["0x510b06292d655dc60000000000000001"]}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',37,19,1795256913743,'report','{"report":{"symbol":"SOL","order_id":6,"client_id":"0x510b06292d655dc60000000000000002","side":"sell","state":"open","status":"open","size":"3.34","remaining":"3.34","time":1795256913734},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',38,20,1795256913747,'cancel answer','{"order":"0x510b06292d655dc60000000000000001","outcome":"cancelled"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',40,21,1795256913750,'report','{"report":{"symbol":"SOL","order_id":5,"client_id":"0x510b06292d655dc60000000000000001","side":"sell","state":"cancelled","status":"canceled","size":"3.34","remaining":"3.34","time":1795256913744},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',41,22,1795256913756,'report','{"report":{"symbol":"SOL","order_id":6,"client_id":"0x510b06292d655dc60000000000000002","side":"sell","state":"triggered","status":"triggered","size":"3.34","remaining":"3.34","time":1795256913755},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',44,23,1795256913756,'report','{"report":{"symbol":"SOL","order_id":6,"client_id":"0x510b06292d655dc60000000000000002","side":"sell","state":"filled","status":"filled","size":"3.34","remaining":"0","time":1795256913755},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',45,24,1795256913757,'sent','{"order":{"client_id":"0x510b06292d655dc60004000000000001","symbol":"SOL","side":"buy","size":"3.32","type":"stop_market","limit":"165.57","trigger":"150.52","reduce_only":false},"role":"buy","slot":4,"unit":1}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',48,25,1795256913759,'fill','{"fill":{"symbol":"SOL","side":"sell","size":"3.34","price":"150","fee":"0.22545","time":1795256913755,"order_id":6,"trade_id":525239843198807,"client_id":"0x510b06292d655dc60000000000000002","closed_pnl":"-0.0668"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',51,26,1795256913769,'report','{"report":{"symbol":"SOL","order_id":7,"client_id":"0x510b06292d655dc60004000000000001","side":"buy","state":"open","status":"open","size":"3.32","remaining":"3.32","time":1795256913768},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',53,27,1795256913772,'placed','{"order":"0x510b06292d655dc60004000000000001","answer":{"order_id":7},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',54,28,1795256913779,'report','{"report":{"symbol":"SOL","order_id":2,"client_id":"0x510b06292d655dc60003000000000001","side":"sell","state":"triggered","status":"triggered","size":"3.33","remaining":"3.33","time":1795256913774},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',57,29,1795256913779,'report','{"report":{"symbol":"SOL","order_id":2,"client_id":"0x510b06292d655dc60003000000000001","side":"sell","state":"filled","status":"filled","size":"3.33","remaining":"0","time":1795256913774},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',58,30,1795256913779,'sent','{"order":{"client_id":"0x510b06292d655dc60000000000000003","symbol":"SOL","side":"buy","size":"3.33","type":"stop_market","limit":"165.02","trigger":"150.02","reduce_only":false},"role":"buy","slot":0,"unit":0}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',61,31,1795256913782,'fill','{"fill":{"symbol":"SOL","side":"sell","size":"3.33","price":"149.5","fee":"0.224026","time":1795256913774,"order_id":2,"trade_id":500099769717137,"client_id":"0x510b06292d655dc60003000000000001","closed_pnl":"-1.7316"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',64,32,1795256913789,'placed','{"order":"0x510b06292d655dc60000000000000003","answer":{"order_id":8},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',66,33,1795256913795,'report','{"report":{"symbol":"SOL","order_id":8,"client_id":"0x510b06292d655dc60000000000000003","side":"buy","state":"open","status":"open","size":"3.33","remaining":"3.33","time":1795256913788},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',67,34,1795256913800,'report','{"report":{"symbol":"SOL","order_id":3,"client_id":"0x510b06292d655dc60002000000000001","side":"sell","state":"triggered","status":"triggered","size":"3.33","remaining":"3.33","time":1795256913799},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',70,35,1795256913800,'report','{"report":{"symbol":"SOL","order_id":3,"client_id":"0x510b06292d655dc60002000000000001","side":"sell","state":"filled","status":"filled","size":"3.33","remaining":"0","time":1795256913799},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',71,36,1795256913800,'sent','{"order":{"client_id":"0x510b06292d655dc60003000000000002","symbol":"SOL","side":"buy","size":"3.34","type":"stop_market","limit":"164.47","trigger":"149.52","reduce_only":false},"role":"buy","slot":3,"unit":-1}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',74,37,1795256913807,'fill','{"fill":{"symbol":"SOL","side":"sell","size":"3.33","price":"149","fee":"0.223276","time":1795256913799,"order_id":3,"trade_id":474959696235467,"client_id":"0x510b06292d655dc60002000000000001","closed_pnl":"-3.3966"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',77,38,1795256913810,'placed','{"order":"0x510b06292d655dc60003000000000002","answer":{"order_id":9},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',79,39,1795256913813,'report','{"report":{"symbol":"SOL","order_id":9,"client_id":"0x510b06292d655dc60003000000000002","side":"buy","state":"open","status":"open","size":"3.34","remaining":"3.34","time":1795256913808},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',80,40,1795256913817,'report','{"report":{"symbol":"SOL","order_id":4,"client_id":"0x510b06292d655dc60001000000000001","side":"sell","state":"cancelled","status":"canceled","size":"3.33","remaining":"3.33","time":1795256913816},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',82,41,1795256913817,'sent','{"order":{"client_id":"0x510b06292d655dc60001000000000002","symbol":"SOL","side":"sell","size":"3.33","type":"stop_market","limit":"133.67","trigger":"148.52","reduce_only":true},"role":"stop","slot":1,"unit":-3}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',86,42,1795256913830,'placed','{"order":"0x510b06292d655dc60001000000000002","answer":{"order_id":10},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',88,43,1795256913836,'report','{"report":{"symbol":"SOL","order_id":10,"client_id":"0x510b06292d655dc60001000000000002","side":"sell","state":"open","status":"open","size":"3.33","remaining":"3.33","time":1795256913828},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',91,44,1795256913863,'report','{"report":{"symbol":"SOL","order_id":11,"client_id":"0x00000000000000000000000000000bad","side":"sell","state":"filled","status":"filled","size":"2","remaining":"0","time":1795256913861},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',92,45,1795256913865,'fill','{"fill":{"symbol":"SOL","side":"sell","size":"2","price":"149","fee":"0.1341","time":1795256913861,"order_id":11,"trade_id":449819622753797,"client_id":"0x00000000000000000000000000000bad","closed_pnl":"-2.04"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',94,46,1795256913865,'mode','{"mode":"paused","reason":"a fill of 2 SOL that is not ours: adopt or flatten"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',96,47,1795256913873,'adopted','{"fill":{"symbol":"SOL","side":"sell","size":"2","price":"149","fee":"0.1341","time":1795256913861,"order_id":11,"trade_id":449819622753797,"client_id":"0x00000000000000000000000000000bad","closed_pnl":"-2.04"}}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',99,48,1795256913942,'sent','{"order":{"client_id":"0x510b06292d655dc60001000000000003","symbol":"SOL","side":"sell","size":"1.33","type":"stop_market","limit":"133.67","trigger":"148.52","reduce_only":true},"role":"stop","slot":1,"unit":-3}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',102,49,1795256913947,'placed','{"order":"0x510b06292d655dc60001000000000003","answer":{"order_id":12},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',104,50,1795256913947,'cancel sent','{"orders":["0x510b06292d655dc60001000000000002"]}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',106,51,1795256913949,'report','{"report":{"symbol":"SOL","order_id":12,"client_id":"0x510b06292d655dc60001000000000003","side":"sell","state":"open","status":"open","size":"1.33","remaining":"1.33","time":1795256913945},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',107,52,1795256913953,'cancel answer','{"order":"0x510b06292d655dc60001000000000002","outcome":"cancelled"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',109,53,1795256913955,'mode','{"mode":"paused","reason":"adopt by the operator"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',111,54,1795256913956,'report','{"report":{"symbol":"SOL","order_id":10,"client_id":"0x510b06292d655dc60001000000000002","side":"sell","state":"cancelled","status":"canceled","size":"3.33","remaining":"3.33","time":1795256913951},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',113,55,1795256914038,'mode','{"mode":"running","reason":""}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',115,56,1795256914197,'report','{"report":{"symbol":"SOL","order_id":12,"client_id":"0x510b06292d655dc60001000000000003","side":"sell","state":"triggered","status":"triggered","size":"1.33","remaining":"1.33","time":1795256914195},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',118,57,1795256914197,'report','{"report":{"symbol":"SOL","order_id":12,"client_id":"0x510b06292d655dc60001000000000003","side":"sell","state":"filled","status":"filled","size":"1.33","remaining":"0","time":1795256914195},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',119,58,1795256914197,'sent','{"order":{"client_id":"0x510b06292d655dc60002000000000002","symbol":"SOL","side":"buy","size":"3.35","type":"stop_market","limit":"163.92","trigger":"149.02","reduce_only":false},"role":"buy","slot":2,"unit":-2}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',122,59,1795256914199,'fill','{"fill":{"symbol":"SOL","side":"sell","size":"1.33","price":"147.5","fee":"0.088279","time":1795256914195,"order_id":12,"trade_id":1000199539434274,"client_id":"0x510b06292d655dc60001000000000003","closed_pnl":"-3.3516"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',125,60,1795256914203,'mark','{"price":"147.52"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',128,61,1795256914214,'placed','{"order":"0x510b06292d655dc60002000000000002","answer":{"order_id":13},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',130,62,1795256914214,'sent','{"order":{"client_id":"0x510b06292d655dc60001000000000004","symbol":"SOL","side":"buy","size":"3.35","type":"stop_market","limit":"162.82","trigger":"148.02","reduce_only":false},"role":"buy","slot":1,"unit":-4}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',133,63,1795256914219,'report','{"report":{"symbol":"SOL","order_id":13,"client_id":"0x510b06292d655dc60002000000000002","side":"buy","state":"open","status":"open","size":"3.35","remaining":"3.35","time":1795256914212},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',134,64,1795256914222,'placed','{"order":"0x510b06292d655dc60001000000000004","answer":{"order_id":14},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',136,65,1795256914222,'cancel sent','{"orders":["0x510b06292d655dc60004000000000001","0x510b06292d655dc60000000000000003","0x510b06292d655dc60003000000000002"]}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',140,66,1795256914223,'report','{"report":{"symbol":"SOL","order_id":14,"client_id":"0x510b06292d655dc60001000000000004","side":"buy","state":"open","status":"open","size":"3.35","remaining":"3.35","time":1795256914220},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',141,67,1795256914230,'cancel answer','{"order":"0x510b06292d655dc60004000000000001","outcome":"cancelled"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',143,68,1795256914230,'cancel answer','{"order":"0x510b06292d655dc60000000000000003","outcome":"cancelled"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',145,69,1795256914230,'cancel answer','{"order":"0x510b06292d655dc60003000000000002","outcome":"cancelled"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',147,70,1795256914230,'sent','{"order":{"client_id":"0x510b06292d655dc60000000000000004","symbol":"SOL","side":"buy","size":"3.34","type":"stop_market","limit":"163.37","trigger":"148.52","reduce_only":false},"role":"buy","slot":0,"unit":-3}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',150,71,1795256914230,'sent','{"order":{"client_id":"0x510b06292d655dc60003000000000003","symbol":"SOL","side":"buy","size":"3.32","type":"stop_market","limit":"164.47","trigger":"149.52","reduce_only":false},"role":"buy","slot":3,"unit":-1}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',153,72,1795256914235,'report','{"report":{"symbol":"SOL","order_id":7,"client_id":"0x510b06292d655dc60004000000000001","side":"buy","state":"cancelled","status":"canceled","size":"3.32","remaining":"3.32","time":1795256914228},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',154,73,1795256914235,'report','{"report":{"symbol":"SOL","order_id":8,"client_id":"0x510b06292d655dc60000000000000003","side":"buy","state":"cancelled","status":"canceled","size":"3.33","remaining":"3.33","time":1795256914228},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',155,74,1795256914235,'report','{"report":{"symbol":"SOL","order_id":9,"client_id":"0x510b06292d655dc60003000000000002","side":"buy","state":"cancelled","status":"canceled","size":"3.34","remaining":"3.34","time":1795256914228},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',156,75,1795256914238,'report','{"report":{"symbol":"SOL","order_id":15,"client_id":"0x510b06292d655dc60000000000000004","side":"buy","state":"open","status":"open","size":"3.34","remaining":"3.34","time":1795256914237},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',158,76,1795256914238,'report','{"report":{"symbol":"SOL","order_id":16,"client_id":"0x510b06292d655dc60003000000000003","side":"buy","state":"open","status":"open","size":"3.32","remaining":"3.32","time":1795256914237},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',160,77,1795256914239,'placed','{"order":"0x510b06292d655dc60000000000000004","answer":{"order_id":15},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',161,78,1795256914239,'placed','{"order":"0x510b06292d655dc60003000000000003","answer":{"order_id":16},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',162,79,1795256914239,'cancel sent','{"orders":["0x510b06292d655dc60002000000000002"]}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',164,80,1795256914243,'cancel answer','{"order":"0x510b06292d655dc60002000000000002","outcome":"cancelled"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',166,81,1795256914243,'sent','{"order":{"client_id":"0x510b06292d655dc60002000000000003","symbol":"SOL","side":"buy","size":"3.33","type":"stop_market","limit":"163.92","trigger":"149.02","reduce_only":false},"role":"buy","slot":2,"unit":-2}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',169,82,1795256914248,'report','{"report":{"symbol":"SOL","order_id":13,"client_id":"0x510b06292d655dc60002000000000002","side":"buy","state":"cancelled","status":"canceled","size":"3.35","remaining":"3.35","time":1795256914242},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',170,83,1795256914255,'placed','{"order":"0x510b06292d655dc60002000000000003","answer":{"order_id":17},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',172,84,1795256914262,'report','{"report":{"symbol":"SOL","order_id":17,"client_id":"0x510b06292d655dc60002000000000003","side":"buy","state":"open","status":"open","size":"3.33","remaining":"3.33","time":1795256914250},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',173,85,1795256914272,'report','{"report":{"symbol":"SOL","order_id":14,"client_id":"0x510b06292d655dc60001000000000004","side":"buy","state":"triggered","status":"triggered","size":"3.35","remaining":"3.35","time":1795256914271},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',176,86,1795256914273,'report','{"report":{"symbol":"SOL","order_id":14,"client_id":"0x510b06292d655dc60001000000000004","side":"buy","state":"filled","status":"filled","size":"3.35","remaining":"0","time":1795256914271},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',177,87,1795256914273,'report','{"report":{"symbol":"SOL","order_id":15,"client_id":"0x510b06292d655dc60000000000000004","side":"buy","state":"triggered","status":"triggered","size":"3.34","remaining":"3.34","time":1795256914271},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',180,88,1795256914273,'report','{"report":{"symbol":"SOL","order_id":15,"client_id":"0x510b06292d655dc60000000000000004","side":"buy","state":"filled","status":"filled","size":"3.34","remaining":"0","time":1795256914271},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',181,89,1795256914279,'fill','{"fill":{"symbol":"SOL","side":"buy","size":"3.35","price":"148.54","fee":"0.223924","time":1795256914271,"order_id":14,"trade_id":975059465952604,"client_id":"0x510b06292d655dc60001000000000004","closed_pnl":"0"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',184,90,1795256914279,'fill','{"fill":{"symbol":"SOL","side":"buy","size":"3.34","price":"148.54","fee":"0.223256","time":1795256914271,"order_id":15,"trade_id":399539475790457,"client_id":"0x510b06292d655dc60000000000000004","closed_pnl":"0"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',187,91,1795256914280,'sent','{"order":{"client_id":"0x510b06292d655dc60000000000000005","symbol":"SOL","side":"sell","size":"3.34","type":"stop_market","limit":"133.22","trigger":"148.02","reduce_only":true},"role":"stop","slot":0,"unit":-4}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',190,92,1795256914280,'sent','{"order":{"client_id":"0x510b06292d655dc60001000000000005","symbol":"SOL","side":"sell","size":"3.35","type":"stop_market","limit":"132.77","trigger":"147.52","reduce_only":true},"role":"stop","slot":1,"unit":-5}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',193,93,1795256914285,'placed','{"order":"0x510b06292d655dc60000000000000005","answer":{"order_id":18},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',195,94,1795256914286,'placed','{"order":"0x510b06292d655dc60001000000000005","answer":{"order_id":19},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',197,95,1795256914305,'report','{"report":{"symbol":"SOL","order_id":18,"client_id":"0x510b06292d655dc60000000000000005","side":"sell","state":"open","status":"open","size":"3.34","remaining":"3.34","time":1795256914284},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',198,96,1795256914305,'report','{"report":{"symbol":"SOL","order_id":19,"client_id":"0x510b06292d655dc60001000000000005","side":"sell","state":"open","status":"open","size":"3.35","remaining":"3.35","time":1795256914284},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',199,97,1795256914317,'report','{"report":{"symbol":"SOL","order_id":17,"client_id":"0x510b06292d655dc60002000000000003","side":"buy","state":"triggered","status":"triggered","size":"3.33","remaining":"3.33","time":1795256914316},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',202,98,1795256914317,'report','{"report":{"symbol":"SOL","order_id":17,"client_id":"0x510b06292d655dc60002000000000003","side":"buy","state":"filled","status":"filled","size":"3.33","remaining":"0","time":1795256914316},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',203,99,1795256914317,'report','{"report":{"symbol":"SOL","order_id":16,"client_id":"0x510b06292d655dc60003000000000003","side":"buy","state":"triggered","status":"triggered","size":"3.32","remaining":"3.32","time":1795256914316},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',206,100,1795256914317,'report','{"report":{"symbol":"SOL","order_id":16,"client_id":"0x510b06292d655dc60003000000000003","side":"buy","state":"filled","status":"filled","size":"3.32","remaining":"0","time":1795256914316},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',207,101,1795256914328,'fill','{"fill":{"symbol":"SOL","side":"buy","size":"3.33","price":"149.54","fee":"0.224086","time":1795256914316,"order_id":17,"trade_id":374399402308787,"client_id":"0x510b06292d655dc60002000000000003","closed_pnl":"0"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',210,102,1795256914328,'fill','{"fill":{"symbol":"SOL","side":"buy","size":"3.32","price":"149.54","fee":"0.223413","time":1795256914316,"order_id":16,"trade_id":924779318989264,"client_id":"0x510b06292d655dc60003000000000003","closed_pnl":"0"},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',213,103,1795256914328,'sent','{"order":{"client_id":"0x510b06292d655dc60002000000000004","symbol":"SOL","side":"sell","size":"3.33","type":"stop_market","limit":"133.67","trigger":"148.52","reduce_only":true},"role":"stop","slot":2,"unit":-3}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',216,104,1795256914328,'sent','{"order":{"client_id":"0x510b06292d655dc60003000000000004","symbol":"SOL","side":"sell","size":"3.32","type":"stop_market","limit":"134.12","trigger":"149.02","reduce_only":true},"role":"stop","slot":3,"unit":-2}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',219,105,1795256914342,'placed','{"order":"0x510b06292d655dc60003000000000004","answer":{"order_id":20},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',221,106,1795256914342,'placed','{"order":"0x510b06292d655dc60002000000000004","answer":{"order_id":21},"named":"Resting"}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',223,107,1795256914356,'report','{"report":{"symbol":"SOL","order_id":20,"client_id":"0x510b06292d655dc60003000000000004","side":"sell","state":"open","status":"open","size":"3.32","remaining":"3.32","time":1795256914341},"from_feed":true}');
INSERT INTO "inputs" VALUES('510b06292d655dc6',224,108,1795256914356,'report','{"report":{"symbol":"SOL","order_id":21,"client_id":"0x510b06292d655dc60002000000000004","side":"sell","state":"open","status":"open","size":"3.33","remaining":"3.33","time":1795256914341},"from_feed":true}');
CREATE TABLE orders (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	client_id TEXT NOT NULL, 
	role TEXT NOT NULL, 
	slot BIGINT NOT NULL, 
	unit BIGINT NOT NULL, 
	side TEXT NOT NULL, 
	size TEXT NOT NULL, 
	"trigger" TEXT, 
	"limit" TEXT NOT NULL, 
	reduce_only BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	sent_at BIGINT NOT NULL, 
	CONSTRAINT pk_orders PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_orders_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id), 
	CONSTRAINT uq_orders_trade_id_client_id UNIQUE (trade_id, client_id)
)
 WITHOUT ROWID

;
INSERT INTO "orders" VALUES('510b06292d655dc6',5,'0x510b06292d655dc60000000000000001','stop',0,-4,'sell','3.34','148.02','133.22',1,'LADDER_STOP',1795256913711);
INSERT INTO "orders" VALUES('510b06292d655dc6',8,'0x510b06292d655dc60001000000000001','stop',1,-3,'sell','3.33','148.52','133.67',1,'LADDER_STOP',1795256913711);
INSERT INTO "orders" VALUES('510b06292d655dc6',11,'0x510b06292d655dc60002000000000001','stop',2,-2,'sell','3.33','149.02','134.12',1,'LADDER_STOP',1795256913711);
INSERT INTO "orders" VALUES('510b06292d655dc6',14,'0x510b06292d655dc60003000000000001','stop',3,-1,'sell','3.33','149.52','134.57',1,'LADDER_STOP',1795256913711);
INSERT INTO "orders" VALUES('510b06292d655dc6',31,'0x510b06292d655dc60000000000000002','stop',0,0,'sell','3.34','150.02','135.02',1,'LADDER_STOP',1795256913730);
INSERT INTO "orders" VALUES('510b06292d655dc6',46,'0x510b06292d655dc60004000000000001','buy',4,1,'buy','3.32','150.52','165.57',0,'LADDER_BUY',1795256913757);
INSERT INTO "orders" VALUES('510b06292d655dc6',59,'0x510b06292d655dc60000000000000003','buy',0,0,'buy','3.33','150.02','165.02',0,'LADDER_BUY',1795256913779);
INSERT INTO "orders" VALUES('510b06292d655dc6',72,'0x510b06292d655dc60003000000000002','buy',3,-1,'buy','3.34','149.52','164.47',0,'LADDER_BUY',1795256913800);
INSERT INTO "orders" VALUES('510b06292d655dc6',83,'0x510b06292d655dc60001000000000002','stop',1,-3,'sell','3.33','148.52','133.67',1,'LADDER_STOP',1795256913817);
INSERT INTO "orders" VALUES('510b06292d655dc6',100,'0x510b06292d655dc60001000000000003','stop',1,-3,'sell','1.33','148.52','133.67',1,'LADDER_STOP',1795256913942);
INSERT INTO "orders" VALUES('510b06292d655dc6',120,'0x510b06292d655dc60002000000000002','buy',2,-2,'buy','3.35','149.02','163.92',0,'LADDER_BUY',1795256914197);
INSERT INTO "orders" VALUES('510b06292d655dc6',131,'0x510b06292d655dc60001000000000004','buy',1,-4,'buy','3.35','148.02','162.82',0,'LADDER_BUY',1795256914214);
INSERT INTO "orders" VALUES('510b06292d655dc6',148,'0x510b06292d655dc60000000000000004','buy',0,-3,'buy','3.34','148.52','163.37',0,'LADDER_BUY',1795256914230);
INSERT INTO "orders" VALUES('510b06292d655dc6',151,'0x510b06292d655dc60003000000000003','buy',3,-1,'buy','3.32','149.52','164.47',0,'LADDER_BUY',1795256914230);
INSERT INTO "orders" VALUES('510b06292d655dc6',167,'0x510b06292d655dc60002000000000003','buy',2,-2,'buy','3.33','149.02','163.92',0,'LADDER_BUY',1795256914243);
INSERT INTO "orders" VALUES('510b06292d655dc6',188,'0x510b06292d655dc60000000000000005','stop',0,-4,'sell','3.34','148.02','133.22',1,'LADDER_STOP',1795256914280);
INSERT INTO "orders" VALUES('510b06292d655dc6',191,'0x510b06292d655dc60001000000000005','stop',1,-5,'sell','3.35','147.52','132.77',1,'LADDER_STOP',1795256914280);
INSERT INTO "orders" VALUES('510b06292d655dc6',214,'0x510b06292d655dc60002000000000004','stop',2,-3,'sell','3.33','148.52','133.67',1,'LADDER_STOP',1795256914328);
INSERT INTO "orders" VALUES('510b06292d655dc6',217,'0x510b06292d655dc60003000000000004','stop',3,-2,'sell','3.32','149.02','134.12',1,'LADDER_STOP',1795256914328);
CREATE TABLE reconciliations (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	findings TEXT NOT NULL, 
	done TEXT NOT NULL, 
	CONSTRAINT pk_reconciliations PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_reconciliations_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id)
)
 WITHOUT ROWID

;
INSERT INTO "reconciliations" VALUES('510b06292d655dc6',89,1795256913844,'{"missing":[],"altered":[],"orphans":[],"duplicates":[],"foreign":[],"listed":4,"fills":0}','nothing');
CREATE TABLE statuses (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	client_id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	status TEXT NOT NULL, 
	order_id BIGINT, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_statuses PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_statuses_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id)
)
 WITHOUT ROWID

;
INSERT INTO "statuses" VALUES('510b06292d655dc6',6,'0x510b06292d655dc60000000000000001',1795256913711,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',9,'0x510b06292d655dc60001000000000001',1795256913711,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',12,'0x510b06292d655dc60002000000000001',1795256913711,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',15,'0x510b06292d655dc60003000000000001',1795256913711,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',17,'0x510b06292d655dc60003000000000001',1795256913717,'working',2,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',19,'0x510b06292d655dc60002000000000001',1795256913717,'working',3,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',21,'0x510b06292d655dc60001000000000001',1795256913717,'working',4,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',23,'0x510b06292d655dc60000000000000001',1795256913718,'working',5,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',32,'0x510b06292d655dc60000000000000002',1795256913731,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',34,'0x510b06292d655dc60000000000000002',1795256913739,'working',6,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',36,'0x510b06292d655dc60000000000000001',1795256913740,'cancelling',5,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',39,'0x510b06292d655dc60000000000000001',1795256913747,'cancelled',5,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',42,'0x510b06292d655dc60000000000000002',1795256913756,'fired',6,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',47,'0x510b06292d655dc60004000000000001',1795256913757,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',49,'0x510b06292d655dc60000000000000002',1795256913760,'filled',6,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',52,'0x510b06292d655dc60004000000000001',1795256913769,'working',7,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',55,'0x510b06292d655dc60003000000000001',1795256913779,'fired',2,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',60,'0x510b06292d655dc60000000000000003',1795256913780,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',62,'0x510b06292d655dc60003000000000001',1795256913782,'filled',2,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',65,'0x510b06292d655dc60000000000000003',1795256913789,'working',8,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',68,'0x510b06292d655dc60002000000000001',1795256913800,'fired',3,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',73,'0x510b06292d655dc60003000000000002',1795256913801,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',75,'0x510b06292d655dc60002000000000001',1795256913807,'filled',3,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',78,'0x510b06292d655dc60003000000000002',1795256913810,'working',9,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',81,'0x510b06292d655dc60001000000000001',1795256913817,'cancelled',4,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',84,'0x510b06292d655dc60001000000000002',1795256913817,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',87,'0x510b06292d655dc60001000000000002',1795256913830,'working',10,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',101,'0x510b06292d655dc60001000000000003',1795256913942,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',103,'0x510b06292d655dc60001000000000003',1795256913947,'working',12,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',105,'0x510b06292d655dc60001000000000002',1795256913947,'cancelling',10,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',108,'0x510b06292d655dc60001000000000002',1795256913953,'cancelled',10,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',116,'0x510b06292d655dc60001000000000003',1795256914197,'fired',12,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',121,'0x510b06292d655dc60002000000000002',1795256914197,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',123,'0x510b06292d655dc60001000000000003',1795256914199,'filled',12,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',129,'0x510b06292d655dc60002000000000002',1795256914214,'working',13,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',132,'0x510b06292d655dc60001000000000004',1795256914214,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',135,'0x510b06292d655dc60001000000000004',1795256914222,'working',14,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',137,'0x510b06292d655dc60004000000000001',1795256914222,'cancelling',7,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',138,'0x510b06292d655dc60000000000000003',1795256914222,'cancelling',8,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',139,'0x510b06292d655dc60003000000000002',1795256914222,'cancelling',9,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',142,'0x510b06292d655dc60004000000000001',1795256914230,'cancelled',7,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',144,'0x510b06292d655dc60000000000000003',1795256914230,'cancelled',8,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',146,'0x510b06292d655dc60003000000000002',1795256914230,'cancelled',9,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',149,'0x510b06292d655dc60000000000000004',1795256914230,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',152,'0x510b06292d655dc60003000000000003',1795256914230,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',157,'0x510b06292d655dc60000000000000004',1795256914238,'working',15,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',159,'0x510b06292d655dc60003000000000003',1795256914238,'working',16,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',163,'0x510b06292d655dc60002000000000002',1795256914239,'cancelling',13,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',165,'0x510b06292d655dc60002000000000002',1795256914243,'cancelled',13,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',168,'0x510b06292d655dc60002000000000003',1795256914244,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',171,'0x510b06292d655dc60002000000000003',1795256914255,'working',17,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',174,'0x510b06292d655dc60001000000000004',1795256914273,'fired',14,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',178,'0x510b06292d655dc60000000000000004',1795256914273,'fired',15,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',182,'0x510b06292d655dc60001000000000004',1795256914279,'filled',14,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',185,'0x510b06292d655dc60000000000000004',1795256914280,'filled',15,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',189,'0x510b06292d655dc60000000000000005',1795256914280,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',192,'0x510b06292d655dc60001000000000005',1795256914280,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',194,'0x510b06292d655dc60000000000000005',1795256914286,'working',18,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',196,'0x510b06292d655dc60001000000000005',1795256914286,'working',19,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',200,'0x510b06292d655dc60002000000000003',1795256914317,'fired',17,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',204,'0x510b06292d655dc60003000000000003',1795256914317,'fired',16,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',208,'0x510b06292d655dc60002000000000003',1795256914328,'filled',17,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',211,'0x510b06292d655dc60003000000000003',1795256914328,'filled',16,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',215,'0x510b06292d655dc60002000000000004',1795256914328,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',218,'0x510b06292d655dc60003000000000004',1795256914328,'sent',NULL,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',220,'0x510b06292d655dc60003000000000004',1795256914342,'working',20,'');
INSERT INTO "statuses" VALUES('510b06292d655dc6',222,'0x510b06292d655dc60002000000000004',1795256914342,'working',21,'');
CREATE TABLE steps (
	trade_id TEXT NOT NULL, 
	nr BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	price TEXT NOT NULL, 
	direction TEXT NOT NULL, 
	unit BIGINT NOT NULL, 
	phase TEXT NOT NULL, 
	position TEXT NOT NULL, 
	fragment TEXT NOT NULL, 
	realized_pnl TEXT NOT NULL, 
	CONSTRAINT pk_steps PRIMARY KEY (trade_id, nr), 
	CONSTRAINT fk_steps_trade_id FOREIGN KEY(trade_id) REFERENCES trades (id), 
	CONSTRAINT uq_steps_trade_id_seq UNIQUE (trade_id, seq)
)
 WITHOUT ROWID

;
INSERT INTO "steps" VALUES('510b06292d655dc6',29,1,1795256913730,'150.52','up',1,'advance','13.33','499.94165','0');
INSERT INTO "steps" VALUES('510b06292d655dc6',43,2,1795256913756,'150.02','down',0,'advance','13.33','499.94165','0');
INSERT INTO "steps" VALUES('510b06292d655dc6',56,3,1795256913779,'149.52','down',-1,'retracement','9.99','499.94165','-0.517730067516879');
INSERT INTO "steps" VALUES('510b06292d655dc6',69,4,1795256913800,'149.02','down',-2,'retracement','6.66','499.94165','-2.698161045011252');
INSERT INTO "steps" VALUES('510b06292d655dc6',117,5,1795256914197,'148.52','down',-3,'retracement','1.33','499.94165','-8.851960027006751');
INSERT INTO "steps" VALUES('510b06292d655dc6',126,6,1795256914203,'147.52','down',-4,'decline','0','496.8462435','-12.381626');
INSERT INTO "steps" VALUES('510b06292d655dc6',127,7,1795256914203,'147.52','down',-5,'decline','0','496.8462435','-12.381626');
INSERT INTO "steps" VALUES('510b06292d655dc6',175,8,1795256914273,'148.02','up',-4,'decline','0','496.8462435','-12.381626');
INSERT INTO "steps" VALUES('510b06292d655dc6',179,9,1795256914273,'148.52','up',-3,'decline','0','496.8462435','-12.381626');
INSERT INTO "steps" VALUES('510b06292d655dc6',201,10,1795256914317,'149.02','up',-2,'recovery','6.69','496.8462435','-12.381626');
INSERT INTO "steps" VALUES('510b06292d655dc6',205,11,1795256914317,'149.52','up',-1,'recovery','6.69','496.8462435','-12.381626');
CREATE TABLE trades (
	id TEXT NOT NULL, 
	network TEXT NOT NULL, 
	account TEXT NOT NULL, 
	symbol TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	settings TEXT NOT NULL, 
	ended_at BIGINT, 
	ended_how TEXT NOT NULL, 
	CONSTRAINT pk_trades PRIMARY KEY (id)
);
INSERT INTO "trades" VALUES('510b06292d655dc6','paper','0x3528949a8ff8d82412fe5dd0e9c290ed9e715061','SOL',1795256913668,'{"unit_size":"0.5","position_size":"2000","leverage":20,"reinvest":"recovery","trust_slots":1,"stop_slippage":"0.1","buy_order":"stop_market","price_source":"mark"}',NULL,'');
CREATE UNIQUE INDEX ux_trades_live ON trades (network, account, symbol) WHERE ended_at IS NULL;
COMMIT;
