numbered = """apt apto dpto lun mié jue vie sáb dom ene feb abr jul nov ago sept oct dic no con
  contra entre para sobre super mini extra tras mar bien da macro ultra vice post bis pro un mega
  micro mono tri en de sub mín máx cód ref pp arts págs núms caps tom fasc tab depto cel cta"""
enders = "etc ud uds"
units = "min h kg km m cm ptas"
abbreviations = "ee uu RR HH col ctra plza edo deleg mtro mtra cnel pdte secr admin hosp const trib"
introduces = "p.ej ej sr sra srta dr dra d dña"
starters = """El La Los Las Un Una Lo Le Les Se Su Sus Es Él Ella Ellos Yo Nos Usted Este Esta Esto
  Estos Estas Ese Esa Eso Y O Pero Si Sí No Que Qué Cuando Cuándo Como Cómo Dónde Quién Para Por En
  De Del Al Con Sin Ahora Luego Después Antes También Fue Hay Está Están Son Ha Quiere Puede Todo
  Todos Aquí Allí Además Así Entonces Gracias Hoy Mañana Ayer Más Muy Mi Tu"""
phrases = """un enlace a {}|código en {}|código|una tabla con {} columnas|una tabla|una imagen|punto
  |arroba|hecho: {}"""
signs = """& y|+ más|= igual a|× por|÷ entre|± más menos|≈ aproximadamente|≠ distinto de|< menor que
  |> mayor que|≤ como máximo|≥ como mínimo|→ a|^ elevado a {}|√ raíz de|∞ infinito|⇔ si y solo si
  |∣ dado|‾ barra|‸ sombrero|‖ valor absoluto de|<< menos de|>> más de|– a|★ estrellas"""
money = """$ de dólares|$$ de pesos|US$ de dólares|€ de euros|£ de libras; mil millones|millones
  |millón|billones|billón"""
in_full = """p. ej.=por ejemplo|Sr.=señor|Sra.=señora|Srta.=señorita|Sres.=señores|Dr.=doctor
  |Dra.=doctora|etc.=etcétera|EE. UU.=Estados Unidos|Ud.=usted|Uds.=ustedes|Vd.=usted|núm.=número
  |n.º=número|Av.=avenida|Avda.=avenida|pág.=página|págs.=páginas|aprox.=aproximadamente
  |Prof.=profesor|tel.=teléfono|Ing.=ingeniero|Lic.=licenciado|cda.=cucharada|cdas.=cucharadas
  |cdta.=cucharadita|cdtas.=cucharaditas|cdita.=cucharadita|cditas.=cucharaditas|Dña.=doña
  |c/u=cada uno|máx.=máximo|mín.=mínimo|dpto.=departamento|Tel.=teléfono"""
own = r"""
(?<!\w)[Cc]/ ?(?=[A-ZÁÉÍÓÚ])  =>  calle␣
(?<!\w)c/ ?(?=\d)  =>  cada␣"""
answers = """sí|si|sí por favor|si por favor|claro|vale|de acuerdo|ok|adelante|hazlo|confirmar
  |confirmo; no|no gracias|cancelar|cancela|mejor no|para|déjalo"""
