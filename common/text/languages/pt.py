numbered = """seg ter qua qui sex sáb dom jan fev mar abr jun jul ago set out nov dez vi i v x art
  con cj bl sl lt qd mín máx cód ref pp arts fls inc al fig doc proc prot súm"""
enders = "etc ltda cia"
abbreviations = "núm arq ap apto Ed rod des min const civ trib dir univ inst fac Al Est Fed"
introduces = "p.ex sr sra dr dra prof profa d"
starters = """O A Os As Um Uma Ele Ela Eles Elas Eu Nós Você Vocês É Foi Era São Há Se E Mas Ou Este
  Esta Isto Isso Esse Essa Que Quem Como Quando Onde Porque Para Por Em No Na Nos Nas Do Da De Com
  Sem Não Sim Depois Antes Também Agora Aqui Quer Pode Seu Sua Está Fica Hoje Amanhã Ontem Tudo Todos
  Obrigado Obrigada"""
phrases = """um link para {}|código em {}|código|uma tabela com {} colunas|uma tabela|uma imagem
  |ponto|arroba|feito: {}"""
signs = """& e|+ mais|= igual a|× vezes|÷ dividido por|± mais ou menos|≈ cerca de|≠ diferente de
  |< menor que|> maior que|≤ no máximo|≥ no mínimo|→ para|^ elevado a {}|√ raiz de|∞ infinito
  |⇔ se e somente se|∣ dado|‾ barra|‸ chapéu|‖ módulo de|<< menos de|>> mais de|– a|★ estrelas"""
money = """R$ de reais|$ de dólares|US$ de dólares|€ de euros|£ de libras; milhões|milhão|bilhões
  |bilhão|mil milhões|trilhões|trilhão"""
in_full = """p. ex.=por exemplo|Sr.=senhor|Sra.=senhora|Dr.=doutor|Dra.=doutora|etc.=et cetera
  |n.º=número|nº=número|Av.=avenida|pág.=página|págs.=páginas|aprox.=aproximadamente|Prof.=professor
  |Profa.=professora|tel.=telefone|seg. a sex.=segunda a sexta|seg. a sáb.=segunda a sábado
  |seg. a dom.=segunda a domingo|máx.=máximo|mín.=mínimo|Tel.=telefone"""
answers = """sim|sim por favor|claro|ok|está bem|pode ser|vá em frente|faça isso|confirmar
  |confirmo; não|não obrigado|não obrigada|cancelar|cancela|deixa|melhor não"""
